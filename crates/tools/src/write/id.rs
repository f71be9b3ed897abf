//! Names that follow from content, for formats that want a unique one.

use sha2::{Digest, Sha256};

/// The first 128 bits of a SHA-256 over the parts, each behind its length, as 32 hexadecimal digits.
pub(super) fn id<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_are_cut_elsewhere_have_another_id() {
        let id_of = |parts: &[&str]| id(parts.iter().map(|part| part.as_bytes()));
        assert_eq!(id_of(&["ab", "c"]), id_of(&["ab", "c"]));
        assert_ne!(id_of(&["ab", "c"]), id_of(&["a", "bc"]));
        assert_ne!(id_of(&["a"]), id_of(&["a", ""]));
        assert_eq!(id_of(&[]).len(), 32);
    }
}
