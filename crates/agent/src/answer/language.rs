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

    /// The same of a question that was asked only within collections; or only within what of them an agent
    /// may read.
    pub fn not_in_collections(self, names: &[String], of_agent: bool) -> String {
        let quoted: Vec<String> = names.iter().map(|name| format!("“{name}”")).collect();
        match (self, of_agent) {
            (Self::English, false) => format!("This is not in {}.", quoted.join(" or ")),
            (Self::English, true) => {
                format!("This is not in what the agent may read of {}.", quoted.join(" or "))
            }
            (Self::Chinese, false) => format!("{}中没有相关内容。", quoted.join("、")),
            (Self::Chinese, true) => format!("{}中智能体可读取的部分没有相关内容。", quoted.join("、")),
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

    #[test]
    fn what_is_in_no_collection_names_where_it_was_looked_for() {
        let names = ["Prices", "制度"].map(str::to_owned);
        let said = |language: Language, of_agent| language.not_in_collections(&names, of_agent);
        assert_eq!(said(Language::English, false), "This is not in “Prices” or “制度”.");
        assert_eq!(said(Language::Chinese, false), "“Prices”、“制度”中没有相关内容。");
        assert!(said(Language::English, true).contains("the agent may read of “Prices”"));
        assert!(said(Language::Chinese, true).contains("智能体可读取"));
    }
}
