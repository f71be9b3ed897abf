//! English words for numbers.

const ONES: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

/// The number below a hundred that one word in lower case says: `seven`, `forty`.
pub fn english(word: &str) -> Option<u32> {
    let at = |words: &[&str]| words.iter().position(|known| *known == word).map(|at| at as u32);
    at(&ONES).or_else(|| at(&TENS).map(|at| (at + 2) * 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_says_a_number_or_none() {
        assert_eq!([english("zero"), english("nineteen"), english("ninety")], [Some(0), Some(19), Some(90)]);
        assert_eq!([english("hundred"), english("Ten"), english("")], [None; 3]);
    }
}
