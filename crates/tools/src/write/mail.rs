//! Drafts of mail (RFC 5322), which a mail program opens and a person sends.

mod attachment;
mod mailbox;

use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::date::Date;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::MimePart;

use super::error::{WriteError, cut};
use super::grid::Day;
use super::id::id;
use super::text::{is_one_line, plain};

pub use attachment::Attachment;
pub use mailbox::Mailbox;

/// A mail that nobody has sent. Who sends it, the mail program knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    pub to: Vec<Mailbox>,
    pub cc: Vec<Mailbox>,
    pub subject: String,
    /// Parted by an empty line; the ends of lines within one stay.
    pub paragraphs: Vec<String>,
    pub attachments: Vec<Attachment>,
    /// Stands in the draft as noon UTC, which is this day nearly everywhere; a mail program puts the
    /// time of sending in its place.
    pub day: Day,
}

/// A domain that is nobody's (RFC 2606, 2).
const DOMAIN: &str = "inhouse.invalid";

const NOON: i64 = 12 * 60 * 60;
const DAY: i64 = 24 * 60 * 60;

/// An .eml file that Outlook opens for writing. Its Message-ID follows from its content.
pub fn mail(mail: &Mail) -> Result<Vec<u8>, WriteError> {
    must_be_plain("the subject", &mail.subject)?;
    let text = body(&mail.paragraphs);
    let id = id_of(mail, &text);
    let mut message = MessageBuilder::new();
    for (header, mailboxes) in [("To", &mail.to), ("Cc", &mail.cc)] {
        if !mailboxes.is_empty() {
            let all = mailboxes.iter().map(Mailbox::written).collect();
            message = message.header(header, Address::new_list(all));
        }
    }
    message
        .subject(mail.subject.as_str())
        .date(Date::new(mail.day.number() * DAY + NOON))
        .message_id(format!("{id}@{DOMAIN}"))
        .header("X-Unsent", Raw::new("1"))
        .body(content(text, &mail.attachments, &id))
        .write_to_vec()
        .map_err(|error| WriteError::failed("write the mail", error))
}

/// Lines end with CRLF, as text of MIME does in every encoding (RFC 2046, 4.1.1).
fn body(paragraphs: &[String]) -> String {
    let paragraphs: Vec<String> = paragraphs.iter().map(|paragraph| plain(paragraph)).collect();
    let mut text = paragraphs.join("\n\n");
    text.push('\n');
    text.replace('\n', "\r\n")
}

fn content<'a>(text: String, attachments: &'a [Attachment], id: &str) -> MimePart<'a> {
    let text = MimePart::new("text/plain", text);
    if attachments.is_empty() {
        return text;
    }
    let parts = std::iter::once(text).chain(attachments.iter().map(Attachment::written)).collect::<Vec<_>>();
    let kind = ContentType::new("multipart/mixed").attribute("boundary", format!("inhouse-{id}"));
    MimePart::new(kind, parts)
}

fn id_of(mail: &Mail, text: &str) -> String {
    let day = mail.day.to_string();
    let counts = [mail.to.len(), mail.cc.len()].map(|count| (count as u64).to_le_bytes());
    let mailboxes = mail.to.iter().chain(&mail.cc).flat_map(Mailbox::parts);
    let attachments = mail.attachments.iter().flat_map(Attachment::parts);
    let first = [day.as_bytes(), mail.subject.as_bytes(), text.as_bytes(), &counts[0], &counts[1]];
    id(first.into_iter().chain(mailboxes).chain(attachments))
}

/// For what stands in a header. A line end would begin another header, and a text that looks like an
/// encoded word (RFC 2047) would be read as what it encodes.
fn must_be_plain(place: &str, text: &str) -> Result<(), WriteError> {
    let place = || format!("{place} `{}`", cut(&plain(text)).replace('\n', " "));
    if !is_one_line(text) {
        let wrong = "it has the end of a line or another control character";
        return Err(WriteError::data(place(), wrong, "write it in one line"));
    }
    if text.contains("=?") {
        let wrong = "it has `=?`, which begins an encoded text in mails";
        return Err(WriteError::data(place(), wrong, "write it in other words"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
