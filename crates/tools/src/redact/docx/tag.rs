//! The attributes of a tag: what people see of them, who wrote it, and where links lead.

use quick_xml::XmlVersion;
use quick_xml::escape::escape;
use quick_xml::events::BytesStart;

use super::Found;
use super::ties::Tie;
use super::wash::{Place, Wash};
use crate::redact::RedactError;
use crate::redact::mask::{mask, whole_chars};

/// Attributes that are shown or read out, on whatever element.
const SPOKEN: &[&str] =
    &["descr", "title", "tooltip", "instr", "alt", "string", "href", "displayText", "lastValue", "default"];
/// Elements whose values people wrote.
const VALUES: &[&str] = &[
    "alias",
    "tag",
    "docVar",
    "listItem",
    "statusText",
    "helpText",
    "default",
    "lvlText",
    "connectString",
    "query",
    "docPr",
    "cNvPr",
];
/// The attributes that those values stand in.
const VALUE: &[&str] = &["val", "value", "name"];

/// What Word writes instead of the names of people.
const NOBODY: &str = "Author";
/// A target that leads nowhere.
const NOWHERE: &str = "about:blank";
/// The template that every Word has.
const TEMPLATE: &str = "Normal.dotm";

/// The tag without its brackets; `None` when it stays as it is.
pub(super) fn rewrite(
    tag: &BytesStart,
    element: &str,
    part: &str,
    wash: &mut Wash,
) -> Result<Option<String>, RedactError> {
    let mut written = tag.name().0.to_owned();
    let mut is_changed = false;
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|error| RedactError::damaged(part, error))?;
        let (key, raw) = (attribute.key.0, &*attribute.value);
        let value = attribute
            .normalized_value(XmlVersion::Implicit1_0)
            .map_err(|error| RedactError::damaged(part, error))?;
        let instead = match (element, attribute.key.local_name().into_inner()) {
            _ if key.starts_with("xmlns") => None,
            ("Override", "PartName") => None,
            ("Relationship", "Target") => target(tag, part, wash)?,
            (_, "author") => (!value.is_empty()).then(|| NOBODY.to_owned()),
            (_, "initials") => (!value.is_empty()).then(|| NOBODY[..1].to_owned()),
            (element, name) => {
                let is_spoken = SPOKEN.contains(&name) || VALUES.contains(&element) && VALUE.contains(&name);
                look(&value, if is_spoken { Place::Attribute } else { Place::Markup }, part, wash)
            }
        };
        written.push(' ');
        written.push_str(key);
        match instead.filter(|instead| *instead != value) {
            Some(instead) => {
                is_changed = true;
                written.push_str(&format!("=\"{}\"", escape(instead)));
            }
            None if raw.contains('"') => written.push_str(&format!("='{raw}'")),
            None => written.push_str(&format!("=\"{raw}\"")),
        }
    }
    Ok(is_changed.then_some(written))
}

/// What stands instead of a value; `None` when nothing was found.
fn look(value: &str, place: Place, part: &str, wash: &mut Wash) -> Option<String> {
    if value.is_empty() {
        return None;
    }
    let findings = (wash.look)(place, value);
    let masked = mask(value, &findings, wash.style);
    for finding in findings {
        let range = whole_chars(value, &finding.range);
        if !range.is_empty() {
            wash.found.push(Found {
                part: part.to_owned(),
                kind: finding.kind,
                text: value[range].to_owned(),
            });
        }
    }
    (masked != value).then_some(masked)
}

/// A link to what was found leads nowhere: half an address is of no use to anybody.
fn target(tag: &BytesStart, part: &str, wash: &mut Wash) -> Result<Option<String>, RedactError> {
    let tie = Tie::of(tag).map_err(|why| RedactError::damaged(part, why))?;
    if !tie.is_external {
        return Ok(None);
    }
    // It stands in somebody's own folder.
    if tie.kind == "attachedTemplate" {
        return Ok(Some(TEMPLATE.to_owned()));
    }
    let plain = without_percent(&tie.target);
    Ok(look(&plain, Place::Attribute, part, wash).map(|_| NOWHERE.to_owned()))
}

/// `zhang%40example.com` as people read it.
fn without_percent(target: &str) -> String {
    let mut bytes = Vec::with_capacity(target.len());
    let mut rest = target.as_bytes();
    while let [first, behind @ ..] = rest {
        let escaped = match rest {
            [b'%', high, low, behind @ ..] => {
                hex(*high).zip(hex(*low)).map(|(high, low)| (high * 16 + low, behind))
            }
            _ => None,
        };
        let (byte, behind) = escaped.unwrap_or((*first, behind));
        bytes.push(byte);
        rest = behind;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
