//! Texts with personal data as people write it, and what is found in them.

use super::*;

mod harmless;
mod phones;

/// Kind, text and certainty of all findings.
fn seen<'a>(text: &'a str, names: &[&str]) -> Vec<(Kind, &'a str, bool)> {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    find(text, &names).into_iter().map(|found| (found.kind, &text[found.range], found.certain)).collect()
}

fn assert_seen(kind: Kind, is_certain: bool, cases: &[(&str, &str)]) {
    for (text, found) in cases {
        assert_eq!(seen(text, &[]), [(kind, *found, is_certain)], "{text}");
    }
}

fn assert_unseen(cases: &[&str]) {
    for text in cases {
        assert_eq!(seen(text, &[]), [], "{text}");
    }
}

/// An identity number with its check character, by the table of GB 11643.
fn national_id(body: &str) -> String {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body.chars().zip(WEIGHTS).filter_map(|(c, weight)| Some(c.to_digit(10)? * weight)).sum();
    let check = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'][sum as usize % 11];
    format!("{body}{check}")
}

#[test]
fn resident_identity_numbers_are_proven_by_their_checksum() {
    assert_eq!(national_id("11010119900307457"), "110101199003074573");
    assert_seen(
        Kind::NationalId,
        true,
        &[
            ("张三，身份证号110101199003074573。", "110101199003074573"),
            ("ID: 32010219750515107X", "32010219750515107X"),
            ("32010219750515107x", "32010219750515107x"),
            ("440307 20000229 1235", "440307 20000229 1235"),
            ("5101 0019 6201 0144 29", "5101 0019 6201 0144 29"),
            ("１１０１０１１９９００３０７４５７３", "１１０１０１１９９００３０７４５７３"),
            ("110101\u{200b}19900307\u{200b}4573", "110101\u{200b}19900307\u{200b}4573"),
            ("110101-19900307-4573", "110101-19900307-4573"),
            ("港澳台居民居住证 810000199912310012", "810000199912310012"),
            ("永久居留身份证 911124198108030024", "911124198108030024"),
        ],
    );
}

#[test]
fn every_valid_identity_number_is_found() {
    for order in 0..200 {
        let id = national_id(&format!("33010619881123{order:03}"));
        assert_eq!(seen(&format!("编号{id}号"), &[]), [(Kind::NationalId, id.as_str(), true)]);
    }
}

#[test]
fn a_number_without_checksum_date_or_province_is_no_identity_number() {
    assert_unseen(&[
        "110101199003074574",
        "110101199013074573",
        "110101199002304573",
        "990101199003074573",
        "1101011990030745731",
        "A110101199003074573",
    ]);
    // 2001 was no leap year.
    assert_unseen(&[&national_id("44030720010229123")]);
}

#[test]
fn a_mistyped_identity_number_is_found_where_a_word_says_what_it_is() {
    assert_seen(
        Kind::NationalId,
        false,
        &[
            ("身份证号码：110101199003074574", "110101199003074574"),
            ("旧证 110101900307457 已作废", "110101900307457"),
        ],
    );
}

#[test]
fn codes_of_companies_are_no_identity_numbers() {
    for code in ["91330106MA27XY8K35", "91110108551385082Q", "121100004000000128"] {
        assert_unseen(&[&format!("统一社会信用代码：{code}"), code]);
    }
    // The checksum of a company and of a person at once, without a word for either.
    let both = (0..10_000)
        .map(|order| national_id(&format!("911101198108{:02}{:03}", order / 1000 + 1, order % 1000)));
    let all: Vec<String> = both.collect();
    let unseen = all.iter().filter(|id| seen(id, &[]).is_empty()).count();
    assert!((100..600).contains(&unseen), "{unseen} of {} are left for companies", all.len());
}

#[test]
fn bank_cards_are_proven_by_issuer_length_and_checksum() {
    assert_seen(
        Kind::BankCard,
        true,
        &[
            ("6222021200001234561", "6222021200001234561"),
            ("卡号 6222 0212 0000 1234 561", "6222 0212 0000 1234 561"),
            ("4111 1111 1111 1111", "4111 1111 1111 1111"),
            ("5555-5555-5555-4444", "5555-5555-5555-4444"),
            ("Visa card 4111111111111111", "4111111111111111"),
            ("3782 822463 10005", "3782 822463 10005"),
        ],
    );
    assert_seen(
        Kind::BankCard,
        false,
        &[
            ("4111111111111111", "4111111111111111"),
            ("订单号 6217001234567893", "6217001234567893"),
            ("银行卡号：6228480402564890019", "6228480402564890019"),
        ],
    );
    assert_unseen(&["6222021200001234562", "4111111111111112", "7111111111111111111", "622202120000123456"]);
}

#[test]
fn account_numbers_of_banks_abroad_are_proven_by_their_checksum() {
    assert_seen(
        Kind::Iban,
        true,
        &[
            ("IBAN: DE89370400440532013000", "DE89370400440532013000"),
            ("DE89 3704 0044 0532 0130 00.", "DE89 3704 0044 0532 0130 00"),
            ("GB29NWBK60161331926819", "GB29NWBK60161331926819"),
            ("FR14 2004 1010 0505 0001 3M02 606", "FR14 2004 1010 0505 0001 3M02 606"),
        ],
    );
    assert_unseen(&["DE88370400440532013000", "ZZ89370400440532013000", "XDE89370400440532013000"]);
}

#[test]
fn addresses_of_e_mail_end_where_the_text_goes_on() {
    assert_seen(
        Kind::Email,
        true,
        &[
            ("邮箱zhang.san@example.com。", "zhang.san@example.com"),
            ("<a+b@mail.example.co.uk>", "a+b@mail.example.co.uk"),
            ("Write to o'neil@example.org.", "o'neil@example.org"),
            ("13800138000@163.com", "13800138000@163.com"),
            ("ｚｓ＠example.com", "ｚｓ＠example.com"),
        ],
    );
    assert_unseen(&["logo@2x.png", "@types/node", "user@localhost", "a@b", "5 @ 3.20", "…@…"]);
}

#[test]
fn passports_are_found_next_to_their_word_only() {
    assert_seen(
        Kind::Passport,
        true,
        &[
            ("护照号：E12345678", "E12345678"),
            ("Passport No. EA1234567", "EA1234567"),
            ("护照 G12345678 有效", "G12345678"),
        ],
    );
    assert_seen(Kind::Passport, false, &[("US passport 123456789", "123456789")]);
    assert_unseen(&["E12345678", "型号 G12345678"]);
}

#[test]
fn licence_plates_are_found() {
    assert_seen(
        Kind::LicensePlate,
        true,
        &[
            ("车牌浙A12345", "浙A12345"),
            ("京A·12345", "京A·12345"),
            ("沪AD12345（新能源）", "沪AD12345"),
            ("粤B12345F", "粤B12345F"),
            ("粤Z1234港", "粤Z1234港"),
        ],
    );
    assert_unseen(&["粤B2-20090059", "京ICP备12345", "浙A1234567", "云A区", "新ABCDE"]);
}

#[test]
fn given_names_are_found_as_whole_words_and_with_gaps() {
    let names = ["张三", "欧阳 娜娜", "John Smith", "Ann", "Müller"];
    let found =
        |text| seen(text, &names).into_iter().map(|(_, text, certain)| (text, certain)).collect::<Vec<_>>();
    assert_eq!(
        found("甲方张三与张 三、张\u{3000}三"),
        [("张三", true), ("张 三", true), ("张\u{3000}三", true)]
    );
    assert_eq!(found("欧阳娜娜、欧阳 娜娜"), [("欧阳娜娜", true), ("欧阳 娜娜", true)]);
    assert_eq!(
        found("John  Smith, JOHN SMITH, john\nsmith's"),
        [("John  Smith", true), ("JOHN SMITH", true), ("john\nsmith", true)]
    );
    assert_eq!(found("Ann met ANN and ann at the Annual Johnny Smithson."), [("Ann", false), ("ANN", false)]);
    assert_eq!(found("Müllers Müller"), [("Müller", false)]);
    assert_eq!(seen("张某 a", &["张", "a", "", " "]), []);
}

#[test]
fn addresses_down_to_the_house_are_found() {
    assert_seen(
        Kind::Address,
        false,
        &[
            ("住浙江省杭州市西湖区文三路90号2幢3单元501室。", "浙江省杭州市西湖区文三路90号2幢3单元501室"),
            ("北京市海淀区中关村大街 1 号", "北京市海淀区中关村大街 1 号"),
            ("上海市黄浦区某某胡同12号", "上海市黄浦区某某胡同12号"),
        ],
    );
    assert_unseen(&["浙江省杭州市西湖区人民政府", "北京市朝阳区合同12号", "浙江省人民政府令第12号"]);
}

#[test]
fn of_findings_that_overlap_the_certain_one_stays() {
    let text = "110101199003074573@example.com";
    assert_eq!(seen(text, &[]), [(Kind::Email, text, true)]);
    let findings = find("身份证110101199003074573手机13800138000", &[]);
    assert!(findings.windows(2).all(|pair| pair[0].range.end <= pair[1].range.start));
    assert_eq!(findings.len(), 2);
}

#[test]
fn what_was_found_once_is_masked_everywhere() {
    let text = "护照号：E12345678。\n另见 E12345678 与 138 0013 8000；备注138001380001。";
    let redacted = redact_text(text, &[], Style::Block);
    assert!(
        !redacted.text.contains("E12345678") && !redacted.text.contains("13800138000"),
        "{}",
        redacted.text
    );
    assert_eq!(redacted.text.chars().count(), text.chars().count());
    let left = redact_text("Ann and Anniversary", &["Ann".to_owned()], Style::Block);
    assert_eq!(left.text, "███ and Anniversary");
}

#[test]
fn long_and_odd_texts_take_time_in_proportion() {
    for unit in [
        "1",
        "1 ",
        "1-",
        "@",
        "a@",
        "+",
        "(",
        "13800138000 ",
        "张",
        "北京市",
        "E1",
        "护照",
        "粤B1",
        "DE89 ",
        "订单1",
    ] {
        let text = unit.repeat(100_000 / unit.len());
        let findings = find(&text, &["张三".to_owned()]);
        assert!(findings.iter().all(|finding| text.get(finding.range.clone()).is_some()), "{unit}");
    }
}

#[test]
fn any_text_gives_findings_in_order_within_it_and_none_of_them_stays() {
    const PIECES: &[&str] = &[
        "1",
        "38",
        "00",
        "13800138000",
        " ",
        "-",
        "+",
        "(",
        ")",
        "86",
        "0571",
        "x",
        "X",
        "转",
        "@",
        ".",
        "a",
        "com",
        "张",
        "三",
        "京",
        "A",
        "号",
        "路",
        "北京市",
        "区",
        "护照",
        "E1234567",
        "8",
        "DE",
        "\u{200b}",
        "８",
        "\n",
        "é",
        "𠀀",
        ",",
        "卡号",
        "6222",
        "John",
        "Smith",
        "·",
    ];
    let names = ["张三".to_owned(), "John Smith".to_owned()];
    let mut random = fastrand::Rng::with_seed(11);
    for _ in 0..5000 {
        let text: String = (0..random.usize(..40)).filter_map(|_| random.choice(PIECES)).copied().collect();
        let findings = find(&text, &names);
        assert!(
            findings.iter().all(|found| !found.range.is_empty() && text.get(found.range.clone()).is_some())
        );
        assert!(findings.windows(2).all(|pair| pair[0].range.end <= pair[1].range.start), "{text:?}");
        for style in [Style::Block, Style::Partial] {
            let redacted = redact_text(&text, &names, style);
            let is_name = |found: &&Finding| found.kind != Kind::Name;
            for found in redacted.findings.iter().filter(is_name) {
                assert!(!redacted.text.contains(&text[found.range.clone()]), "{text:?} {}", redacted.text);
            }
        }
    }
}
