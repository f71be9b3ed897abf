//! The language in which a question is asked, and so answered.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    English,
    Chinese,
}

impl Language {
    /// Chinese when at least a fifth of the letters are Han characters: names and units in Latin
    /// letters are common in Chinese questions, the other way round they are not.
    pub fn of(text: &str) -> Self {
        let letters = text.chars().filter(|c| c.is_alphabetic()).count();
        let han = text.chars().filter(|c| is_han(*c)).count();
        if han > 0 && han * 5 >= letters { Self::Chinese } else { Self::English }
    }

    pub fn not_in_documents(self) -> &'static str {
        match self {
            Self::English => "This is not in your documents.",
            Self::Chinese => "您的文件中没有相关内容。",
        }
    }
}

/// The ideographic zero, and unified ideographs of the basic plane and of the extensions A and B.
pub fn is_han(c: char) -> bool {
    matches!(c, '\u{3007}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{2A6DF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chinese_question_with_latin_names_is_chinese() {
        assert_eq!(Language::of("VPN 账号由谁审批?"), Language::Chinese);
        assert_eq!(Language::of("Who approves a VPN account?"), Language::English);
        assert_eq!(
            Language::of("What does 差旅 mean in the travel policy of this company?"),
            Language::English
        );
    }
}
