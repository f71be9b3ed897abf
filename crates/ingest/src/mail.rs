//! Mails (RFC 5322): who wrote to whom about what, then what was written.
//!
//! What is attached is named and not read: it is a document of its own once somebody saves it.

use encoding_rs::Encoding as Charset;
use inhouse_agent::read::{FailureCode, ReadFailure};
use mail_parser::{Address, ContentType, Encoding, Header, HeaderName, HeaderValue};
use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders, PartType};

use crate::html;
use crate::read::{Give, broken};
use crate::text;

/// What is shown of the head, in this order.
const SHOWN: &[HeaderName] =
    &[HeaderName::From, HeaderName::To, HeaderName::Cc, HeaderName::Date, HeaderName::Subject];

/// Of a mail that has none of the shown ones.
const OTHERS: &[HeaderName] = &[
    HeaderName::MessageId,
    HeaderName::MimeVersion,
    HeaderName::Received,
    HeaderName::ReplyTo,
    HeaderName::Bcc,
    HeaderName::Sender,
];

/// What the encoding of a mail that does not name it is guessed from, in bytes.
const SAMPLE: usize = 1024 * 1024;

/// Reads a mail into pages as `paging` cuts them.
pub(crate) fn read(bytes: &[u8], give: Give) -> Result<(), ReadFailure> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let message = MessageParser::default()
        .parse(bytes)
        .filter(is_mail)
        .ok_or_else(|| broken("it does not begin like a mail"))?;
    if message.root_part().content_type().is_some_and(is_encrypted) {
        return Err(ReadFailure::new(FailureCode::Encrypted, "it is an encrypted mail"));
    }
    let charset = text::guess(&bytes[..bytes.len().min(SAMPLE)]);
    let mut text = head(&message, charset);
    text.push('\n');
    text.push_str(&body(&message, charset)?);
    text::give_pages(&text::plain(&text)?, give)
}

fn is_mail(message: &Message) -> bool {
    message.headers().iter().any(|header| SHOWN.contains(&header.name) || OTHERS.contains(&header.name))
}

/// OpenPGP (RFC 3156) and S/MIME (RFC 8551).
fn is_encrypted(kind: &ContentType) -> bool {
    let is =
        |attribute, value: &str| kind.attribute(attribute).is_some_and(|it| it.eq_ignore_ascii_case(value));
    match kind.subtype().map(str::to_ascii_lowercase).as_deref() {
        Some("encrypted") => true,
        Some("pkcs7-mime" | "x-pkcs7-mime") => {
            is("smime-type", "enveloped-data") || is("smime-type", "authEnveloped-data")
        }
        _ => false,
    }
}

/// A line for each header and each attachment.
fn head(message: &Message, charset: &'static Charset) -> String {
    let mut head = String::new();
    let mut push = |name: &str, value: &str| {
        let value = one_line(value);
        if !value.is_empty() {
            head.push_str(&format!("{name}: {value}\n"));
        }
    };
    for name in SHOWN {
        for header in message.headers().iter().filter(|header| header.name == *name) {
            push(name.as_str(), &value(message, header, charset));
        }
    }
    for part in message.attachments().filter(|part| !is_stray_text(part)) {
        push("Attachment", &name_of(part));
    }
    head
}

fn value(message: &Message, header: &Header, charset: &'static Charset) -> String {
    let raw = message.raw_message.get(header.offset_start as usize..header.offset_end as usize);
    let raw = raw.unwrap_or_default();
    // Old programs write the encoding of their country where there should be nothing but ASCII.
    if std::str::from_utf8(raw).is_err() {
        return decoded(raw, charset);
    }
    match &header.value {
        HeaderValue::Text(text) => text.clone().into_owned(),
        HeaderValue::TextList(texts) => texts.join(", "),
        HeaderValue::Address(address) => addresses(address),
        HeaderValue::DateTime(date) if date.is_valid() => date.to_rfc3339(),
        _ => decoded(raw, charset),
    }
}

fn decoded(raw: &[u8], charset: &'static Charset) -> String {
    charset.decode_without_bom_handling(raw).0.into_owned()
}

fn addresses(address: &Address) -> String {
    let all = address.iter().map(|one| match (one.name(), one.address()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (one, other) => one.or(other).unwrap_or_default().to_owned(),
    });
    all.collect::<Vec<_>>().join(", ")
}

/// The name of an attachment; without one, what it is about or what kind it is.
fn name_of(part: &MessagePart) -> String {
    let subject = part.message().and_then(Message::subject);
    if let Some(name) = part.attachment_name().or(subject) {
        return name.to_owned();
    }
    let kind = part.content_type().map(|kind| match kind.subtype() {
        Some(subtype) => format!("{}/{subtype}", kind.ctype()),
        None => kind.ctype().to_owned(),
    });
    kind.unwrap_or_else(|| "without a name".to_owned())
}

/// A header can't look like several, whatever is encoded in it.
fn one_line(text: &str) -> String {
    let is_blank = |c: char| c.is_whitespace() || c.is_control();
    text.split(is_blank).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The text that the writer chose for readers without HTML, or else the text of the HTML.
fn body(message: &Message, charset: &'static Charset) -> Result<String, ReadFailure> {
    let read = |part| text_of(message, part, charset);
    let mut texts = message.text_bodies().map(read).collect::<Result<Vec<_>, _>>()?;
    if texts.iter().all(|text| text.trim().is_empty()) {
        texts = message.html_bodies().map(read).collect::<Result<Vec<_>, _>>()?;
    }
    for part in message.attachments().filter(|part| is_stray_text(part)) {
        texts.push(read(part)?);
    }
    Ok(texts.join("\n\n"))
}

/// A text that the mail breaks off in, or whose encoding is damaged, counts as an attachment to the
/// parser.
fn is_stray_text(part: &MessagePart) -> bool {
    let is_text = part.content_type().is_none_or(|kind| kind.ctype().eq_ignore_ascii_case("text"));
    let is_attached = part.content_disposition().is_some_and(ContentType::is_attachment);
    part.is_encoding_problem && is_text && !is_attached && part.attachment_name().is_none()
}

fn text_of(message: &Message, part: &MessagePart, charset: &'static Charset) -> Result<String, ReadFailure> {
    let encoding = part.content_transfer_encoding().unwrap_or_default().to_ascii_lowercase();
    if part.is_encoding_problem && matches!(encoding.as_str(), "base64" | "quoted-printable") {
        return Err(broken(format!("its text is damaged or breaks off: it can't be read as {encoding}")));
    }
    let (text, is_html) = match &part.body {
        PartType::Text(text) => (text, false),
        PartType::Html(text) => (text, true),
        // A picture within the text is an attachment too.
        _ => return Ok(String::new()),
    };
    let raw = message.raw_message.get(part.offset_body as usize..part.offset_end as usize);
    let is_lossy = part.encoding == Encoding::None && text.contains(char::REPLACEMENT_CHARACTER);
    let text = match raw {
        // It does not name its encoding, or not the right one.
        Some(raw) if is_lossy && std::str::from_utf8(raw).is_err() => decoded(raw, charset),
        _ => text.clone().into_owned(),
    };
    Ok(if is_html { html::text_of(&text) } else { text })
}

#[cfg(test)]
mod tests;
