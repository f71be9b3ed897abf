//! To whom a mail goes.

use mail_builder::headers::address::Address;

use super::super::error::{WriteError, cut};
use super::super::text::plain;
use super::must_be_plain;

/// An address and the name of whose it is, which may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    name: String,
    address: String,
}

/// Longest local part (RFC 5321, 4.5.3.1.1), label (RFC 1035, 2.3.4) and address (RFC 5321,
/// 4.5.3.1.3, less its angle brackets).
const LOCAL: usize = 64;
const LABEL: usize = 63;
const ADDRESS: usize = 254;

impl Mailbox {
    /// `name`: in any script. `address`: in ASCII and without quotes (RFC 5322, `dot-atom`), with the
    /// full name of a host.
    pub fn new(name: impl Into<String>, address: impl Into<String>) -> Result<Self, WriteError> {
        let (name, address) = (name.into(), address.into());
        must_be_plain("the name", &name)?;
        must_be_address(&address)?;
        Ok(Self { name, address })
    }

    pub(super) fn written(&self) -> Address<'_> {
        let name = (!self.name.is_empty()).then_some(self.name.as_str());
        Address::new_address(name, self.address.as_str())
    }

    pub(super) fn parts(&self) -> [&[u8]; 2] {
        [self.name.as_bytes(), self.address.as_bytes()]
    }
}

fn must_be_address(address: &str) -> Result<(), WriteError> {
    let refuse = |wrong, way_out| {
        let shown = cut(&plain(address)).replace('\n', " ");
        Err(WriteError::data(format!("the address `{shown}`"), wrong, way_out))
    };
    if !address.is_ascii() {
        let way_out = "give the name of the host as it begins with xn--, or another address";
        return refuse("it has letters that not every mail server takes", way_out);
    }
    match address.split_once('@') {
        Some((local, host)) if is_local(local) && is_host(host) && address.len() <= ADDRESS => Ok(()),
        _ => refuse("it is no address of mail", "give one as in name@example.com"),
    }
}

fn is_local(local: &str) -> bool {
    let is_atom = |atom: &str| {
        !atom.is_empty()
            && atom.bytes().all(|c| c.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&c))
    };
    local.len() <= LOCAL && local.split('.').all(is_atom)
}

fn is_host(host: &str) -> bool {
    let is_label = |label: &str| {
        (1..=LABEL).contains(&label.len())
            && label.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    host.contains('.') && host.split('.').all(is_label) && !last.bytes().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_are_addresses() {
        let label = "a".repeat(63);
        for address in [
            "li.wei@example.com",
            "o'brien+x=y@mail.example.co.uk",
            "1@1.cn",
            "a@xn--fsq.xn--0zwm56d",
            &format!("{}@{label}.cn", "a".repeat(64)),
        ] {
            assert!(Mailbox::new("李伟", address).is_ok(), "{address}");
        }
        for address in [
            "",
            "@",
            "a",
            "a@b",
            "a@b.",
            "a@.b",
            ".a@b.cn",
            "a.@b.cn",
            "a..b@c.cn",
            "a@-b.cn",
            "a@b-.cn",
            "a@b_c.cn",
            "a@1.2.3.4",
            "a@b@c.cn",
            "a b@c.cn",
            "<a@b.cn>",
            "a@b.cn, c@d.cn",
            "a@b.cn\r\nBcc: c@d.cn",
            "a@b.cn\n",
            " a@b.cn",
            "\"a b\"@c.cn",
            "a(x)@b.cn",
            "a;b@c.cn",
            "李伟@example.com",
            "a@例子.cn",
            &format!("{}@b.cn", "a".repeat(65)),
            &format!("a@{label}a.cn"),
            &format!("a@{}cn", format!("{label}.").repeat(4)),
        ] {
            assert!(matches!(Mailbox::new("", address), Err(WriteError::Data { .. })), "{address:?}");
        }
    }

    #[test]
    fn a_refused_address_is_named_in_one_line() {
        let error = Mailbox::new("", "a@b.cn\r\nBcc: c@d.cn").expect_err("it has two lines").to_string();
        assert_eq!(
            error,
            "the address `a@b.cn Bcc: c@d.cn`: it is no address of mail; give one as in name@example.com"
        );
    }
}
