//! Which encoding a text is in.
//!
//! A byte order mark decides, then valid UTF-8. Among the old encodings `chardetng` decides by
//! letter frequencies, which go wrong for a line or two of Chinese; so bytes that decode without
//! an error to common Chinese characters are taken as GB 18030 or Big5 first.

use std::collections::HashSet;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{BIG5, Encoding, GB18030, GBK, UTF_8, UTF_16BE, UTF_16LE};

/// What the guess is made from, in bytes.
const SAMPLE_BYTES: usize = 64 * 1024;

/// The thousand most frequent characters of Chinese, counted over the word frequencies of the
/// jieba dictionary (MIT): they make 87 of 100 characters of running text, and 27 of 100 that
/// another encoding gives by chance.
const SIMPLIFIED: &str = include_str!("han_simplified.txt");
/// The same in traditional characters.
const TRADITIONAL: &str = include_str!("han_traditional.txt");

/// Common characters among the Chinese ones from which a text is taken as Chinese.
const COMMON_SHARE: f64 = 0.6;

/// Never fails: what can't be decoded becomes U+FFFD, and how much of that is too much is for the
/// caller to say. The byte order mark is left out.
pub(super) fn decode(bytes: &[u8]) -> String {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[mark..]).0.into_owned();
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        // A mark-less UTF-16 text of Latin letters is valid UTF-8 too.
        return match utf_16_by_zeros(bytes) {
            Some(encoding) => encoding.decode_without_bom_handling(bytes).0.into_owned(),
            None => text.to_owned(),
        };
    }
    guess(bytes).decode_without_bom_handling(bytes).0.into_owned()
}

/// Of bytes without a byte order mark.
pub(crate) fn guess(bytes: &[u8]) -> &'static Encoding {
    if let Some(encoding) = utf_16_by_zeros(bytes) {
        return encoding;
    }
    if is_damaged_utf_8(bytes) {
        return UTF_8;
    }
    let sample = sample(bytes);
    if let Some(encoding) = chinese(&sample) {
        return encoding;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(&sample, true);
    let guess = detector.guess(None, Utf8Detection::Deny);
    if guess == GBK { GB18030 } else { guess }
}

/// Lines that are not plain ASCII, since only they tell something.
fn sample(bytes: &[u8]) -> Vec<u8> {
    let mut sample = Vec::new();
    for line in bytes.split_inclusive(|byte| *byte == b'\n').filter(|line| !line.is_ascii()) {
        if !sample.is_empty() && sample.len() + line.len() > SAMPLE_BYTES {
            break;
        }
        sample.extend_from_slice(line);
    }
    sample
}

fn chinese(sample: &[u8]) -> Option<&'static Encoding> {
    let candidates = [(GB18030, SIMPLIFIED), (BIG5, TRADITIONAL)];
    let shares = candidates.map(|(encoding, common)| (encoding, common_share(sample, encoding, common)));
    let (encoding, share) = shares.into_iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
    (share >= COMMON_SHARE).then_some(encoding)
}

/// The share of common characters among the Chinese ones; 0 when the bytes are not of the encoding.
fn common_share(sample: &[u8], encoding: &'static Encoding, common: &str) -> f64 {
    let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(sample) else { return 0.0 };
    let common: HashSet<char> = common.chars().collect();
    // A private character is one that the encoding has no meaning for.
    let counted = |c: &char| matches!(c, '\u{3400}'..='\u{9fff}' | '\u{e000}'..='\u{faff}' | '\u{20000}'..);
    let (mut han, mut frequent) = (0_u32, 0_u32);
    for c in text.chars().filter(counted) {
        han += 1;
        frequent += u32::from(common.contains(&c));
    }
    if han == 0 { 0.0 } else { f64::from(frequent) / f64::from(han) }
}

/// UTF-16 without a mark shows by its zero bytes, which stand on one side of the pairs.
fn utf_16_by_zeros(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(4096)];
    let zeros = |side: usize| head.iter().skip(side).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let (many, few) = (head.len() / 6, head.len() / 100);
    if !bytes.len().is_multiple_of(2) || many == 0 {
        None
    } else if odd > many && even <= few {
        Some(UTF_16LE)
    } else if even > many && odd <= few {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// A log cut in the middle of a character, or with a stray byte, is still UTF-8: text of another
/// encoding hardly ever has whole UTF-8 sequences.
fn is_damaged_utf_8(bytes: &[u8]) -> bool {
    let (mut sequences, mut errors) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        sequences += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        errors += usize::from(!chunk.invalid().is_empty());
    }
    sequences >= 10 * errors
}

#[cfg(test)]
mod tests {
    use encoding_rs::{EUC_JP, EUC_KR, SHIFT_JIS, WINDOWS_1251, WINDOWS_1252};

    use super::*;

    fn survives(encoding: &'static Encoding, text: &str) {
        let (bytes, _, unmappable) = encoding.encode(text);
        assert!(!unmappable, "{text} can be written in {}", encoding.name());
        assert_eq!(decode(&bytes), text, "{}", encoding.name());
    }

    #[test]
    fn short_chinese_in_gbk_is_read() {
        for text in [
            "发票",
            "报销制度",
            "差旅费报销规定",
            "住宿标准每晚不超过450元",
            "会议纪要\r\n时间：3月5日\r\n",
            "一、总则\n第一条 为规范公司差旅费用管理，制定本办法。",
            "姓名,部门,金额\n张三,财务部,1200\n李四,销售部,880\n",
            "电力设备检修规程",
            "银行贷款利率调整通知",
            "请于本周五前提交。",
        ] {
            survives(GB18030, text);
        }
    }

    #[test]
    fn short_traditional_chinese_in_big5_is_read() {
        for text in [
            "差旅費報銷規定",
            "會議記錄",
            "請於本週五前提交。",
            "住宿標準每晚不超過450元",
            "公司財務部門通知",
        ] {
            survives(BIG5, text);
        }
    }

    #[test]
    fn other_old_encodings_are_read() {
        survives(SHIFT_JIS, "出張旅費規程について、以下のとおり定める。宿泊料は一泊につき一万円とする。");
        survives(EUC_JP, "出張旅費規程について、以下のとおり定める。宿泊料は一泊につき一万円とする。");
        survives(
            EUC_KR,
            "출장비 정산은 출장 종료 후 일주일 이내에 제출해야 합니다. 숙박비는 하루 십만원입니다.",
        );
        survives(
            WINDOWS_1252,
            "Les frais d’hôtel sont remboursés jusqu’à 120 €, déjà payés à l’avance. Müller, Größe",
        );
        survives(
            WINDOWS_1251,
            "Расходы на командировки возмещаются в течение десяти дней после возвращения.",
        );
    }

    #[test]
    fn a_mark_decides() {
        assert_eq!(decode(b"\xef\xbb\xbfa\xc3\xa9"), "aé");
        assert_eq!(decode(b"\xff\xfe\xee\x5d\xc5\x65a\0"), "差旅a");
        assert_eq!(decode(b"\xfe\xff\x5d\xee\x65\xc5\0a"), "差旅a");
    }

    #[test]
    fn utf_16_without_a_mark_is_seen_by_its_zeros() {
        let wide: Vec<u8> = "Travel policy\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode(&wide), "Travel policy\r\n");
        let wide: Vec<u8> = "Café policy\r\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decode(&wide), "Café policy\r\n");
    }

    #[test]
    fn utf_8_with_a_stray_byte_stays_utf_8() {
        let mut bytes = "差旅费报销规定，住宿标准。".as_bytes().to_vec();
        bytes.truncate(bytes.len() - 1);
        assert_eq!(decode(&bytes), "差旅费报销规定，住宿标准\u{fffd}");
    }
}
