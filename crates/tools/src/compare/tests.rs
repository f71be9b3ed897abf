//! Two versions of documents, and what is told of them.

use super::*;
use DifferenceKind::{Added, Changed, Moved, Removed, Renumbered, Same};

fn cut(text: &str) -> Vec<Unit> {
    units(text).into_iter().map(|(range, number)| Unit { number, text: text[range].to_owned() }).collect()
}

fn kinds(old: &str, new: &str) -> Vec<(DifferenceKind, Option<usize>, Option<usize>)> {
    compare(&cut(old), &cut(new)).into_iter().map(|found| (found.kind, found.old, found.new)).collect()
}

fn numbers(text: &str) -> Vec<Option<String>> {
    units(text).into_iter().map(|(_, number)| number).collect()
}

const CONTRACT: &str = "\
第一条 标的物\n甲方向乙方购买办公设备一批，具体规格见附件一。\n\
第二条 付款\n乙方应在收到发票后30日内支付全部货款。\n\
第三条 违约责任\n逾期付款的，每逾期一日按应付金额的万分之五支付违约金。\n\
第四条 争议解决\n因本合同发生的争议，提交甲方所在地人民法院管辖。\n";

#[test]
fn a_text_is_cut_at_its_numbers() {
    let text = "采购合同\n\n第一章 总则\n第一条 目的\n为了保护双方权益。\n（一）甲方：供货；\n（二）乙方：付款。\n\
        一、附件\n1. 清单\n1.1 设备\n3.2.1条款";
    let expected = ["", "第一章", "第一条", "（一）", "（二）", "一", "1", "1.1", "3.2.1"]
        .map(|number| Some(number.to_owned()).filter(|n| !n.is_empty()));
    assert_eq!(numbers(text), expected);
    let text = "Article 5 Payment\nThe buyer pays.\nSection 2.1: Delivery\n(a) at once;\n(iv) in full.\n1.\tScope\n2) Term";
    let expected =
        ["Article 5", "Section 2.1", "(a)", "(iv)", "1", "2"].map(|number| Some(number.to_owned()));
    assert_eq!(numbers(text), expected);
}

#[test]
fn what_only_looks_like_a_number_begins_no_clause() {
    for line in [
        "第三方应当保密。",
        "第五条规定的义务不受影响。",
        "Section 2 of this Agreement applies.",
        "Article 5, as amended, applies.",
        "1.5万元的押金应当退还。",
        "3.5% of the price is kept back.",
        "2024.1.15 签订",
        "12:30 会议",
        "30 days after delivery",
        "（以下简称甲方）",
        "(the Buyer) pays",
        "parts are delivered",
        "Part of it is paid",
        "",
    ] {
        assert!(numbers(line).into_iter().all(|number| number.is_none()), "{line}");
    }
}

#[test]
fn ranges_are_of_the_text_and_leave_out_blanks_around() {
    let text = "  1. One\nstill one\n\n  A paragraph.\nAnother one.\r\n";
    let texts: Vec<&str> = units(text).into_iter().map(|(range, _)| &text[range]).collect();
    assert_eq!(texts, ["1. One\nstill one", "A paragraph.", "Another one."]);
}

#[test]
fn a_long_line_without_an_end_goes_on_in_the_next_one() {
    let text = "This agreement is made between the parties that are named\nbelow on the first of May.\nIt is in force.";
    assert_eq!(units(text).len(), 2);
}

#[test]
fn a_document_is_the_same_as_itself_also_with_other_blanks_and_widths() {
    assert!(kinds(CONTRACT, CONTRACT).iter().all(|(kind, old, new)| *kind == Same && old == new));
    let wide = CONTRACT.replace("30", "３０").replace('，', ", ").replace('\n', " \n");
    assert!(kinds(CONTRACT, &wide).iter().all(|(kind, ..)| *kind == Same), "{:?}", kinds(CONTRACT, &wide));
}

#[test]
fn a_number_that_changed_is_told_word_for_word() {
    let new = CONTRACT.replace("30日", "60日");
    let told = compare(&cut(CONTRACT), &cut(&new));
    let changed: Vec<&Difference> = told.iter().filter(|found| found.kind != Same).collect();
    let [Difference { kind: Changed, old: Some(1), new: Some(1), words }] = changed[..] else {
        panic!("{changed:?}")
    };
    let (removed, added) = ((Tag::Removed, "30".to_owned()), (Tag::Added, "60".to_owned()));
    assert!(words.contains(&removed) && words.contains(&added), "{words:?}");

    let told =
        compare(&cut("3.2 Payment is due within 30 days."), &cut("3.2 Payment is due within 60 days."));
    let expected = [
        (Tag::Same, "Payment is due within "),
        (Tag::Removed, "30"),
        (Tag::Added, "60"),
        (Tag::Same, " days."),
    ];
    assert_eq!(told[0].kind, Changed);
    assert_eq!(told[0].words, expected.map(|(tag, text)| (tag, text.to_owned())));
}

#[test]
fn the_words_of_a_change_put_together_are_both_texts() {
    let (old, new) =
        ("1. 乙方应当在 30 日内支付 1,200.50 元。", "1. 乙方必须于 60 日内向甲方支付 1,300.50 元！");
    let told = compare(&cut(old), &cut(new));
    let side = |out: Tag| -> String {
        told[0].words.iter().filter(|(tag, _)| *tag != out).map(|(_, text)| text.as_str()).collect()
    };
    assert_eq!(side(Tag::Added), &old[3..]);
    assert_eq!(side(Tag::Removed), &new[3..]);
}

#[test]
fn clauses_after_a_new_one_are_renumbered_not_changed() {
    let old = "1. The seller delivers.\n2. The buyer pays.\n3. Both keep it secret.";
    let new = "1. The seller delivers.\n2. Title passes on delivery of the last part.\n3. The buyer pays.\n4. Both keep it secret.";
    let expected = [
        (Same, Some(0), Some(0)),
        (Added, None, Some(1)),
        (Renumbered, Some(1), Some(2)),
        (Renumbered, Some(2), Some(3)),
    ];
    assert_eq!(kinds(old, new), expected);
}

#[test]
fn a_clause_in_another_place_has_moved() {
    let paragraphs = ["甲方交付货物。", "乙方支付货款。", "双方承担保密义务。", "争议由法院管辖。"];
    let old = paragraphs.join("\n\n");
    let new = [paragraphs[3], paragraphs[0], paragraphs[1], paragraphs[2]].join("\n\n");
    let expected = [
        (Moved, Some(3), Some(0)),
        (Same, Some(0), Some(1)),
        (Same, Some(1), Some(2)),
        (Same, Some(2), Some(3)),
    ];
    assert_eq!(kinds(&old, &new), expected);
}

#[test]
fn what_was_removed_stands_where_it_stood() {
    let old = "1. Alpha comes first here.\n2. Bravo is of no use.\n3. Charlie ends the list.";
    let new = "1. Alpha comes first here.\n2. Charlie ends the list.";
    let expected = [(Same, Some(0), Some(0)), (Removed, Some(1), None), (Renumbered, Some(2), Some(1))];
    assert_eq!(kinds(old, new), expected);
    assert_eq!(kinds(old, "").len(), 3);
    assert_eq!(kinds("", ""), []);
}

#[test]
fn clauses_with_little_in_common_are_told_apart() {
    let told = kinds("本合同自双方签字之日起生效。", "乙方负责设备的安装与调试工作。");
    assert_eq!(told, [(Added, None, Some(0)), (Removed, Some(0), None)]);
}

#[test]
fn half_of_the_pairs_of_words_in_common_is_enough_and_three_tenths_under_the_same_number() {
    // Of ten and ten pairs of neighbours.
    let old = "a b c d e f g h i";
    let (half, three) = ("a b c d e s t u v", "a b c s t u v w x");
    let alone = |text: &str| [Unit { number: None, text: text.to_owned() }];
    let numbered = |text: &str| [Unit { number: Some("7".to_owned()), text: text.to_owned() }];
    let kind = |old: &[Unit], new: &[Unit]| compare(old, new)[0].kind;
    assert_eq!(kind(&alone(old), &alone(half)), Changed);
    assert_eq!(kind(&alone(old), &alone(three)), Added);
    assert_eq!(kind(&numbered(old), &numbered(three)), Changed);
    assert_eq!(kind(&numbered(old), &numbered("a b s t u v w x y")), Added);
}

#[test]
fn of_equally_similar_clauses_the_nearest_one_is_taken() {
    let old = "The fee is 10 euros.\n\nThe fee is 20 euros.\n\nThe fee is 30 euros.";
    let new = "The fee is 11 euros.\n\nThe fee is 22 euros.\n\nThe fee is 33 euros.";
    let expected = [0, 1, 2].map(|at| (Changed, Some(at), Some(at)));
    assert_eq!(kinds(old, new), expected);
}

#[test]
fn a_text_that_stands_several_times_is_matched_under_its_number() {
    let old = "1. (reserved)\n2. (reserved)\n3. (reserved)";
    let new = "2. (reserved)\n3. (reserved)";
    assert_eq!(
        kinds(old, new),
        [(Removed, Some(0), None), (Same, Some(1), Some(0)), (Same, Some(2), Some(1))]
    );
}

#[test]
fn long_documents_are_compared_in_bounded_time() {
    let clause = |at: usize, word: &str| format!("{at}. {word} {} {} {}", at * 7, at * 13, at * 17);
    let old: Vec<String> = (1..900).map(|at| clause(at, "Lot")).collect();
    let new: Vec<String> = (1..900).map(|at| clause(at, "Item")).collect();
    let told = kinds(&old.join("\n"), &new.join("\n"));
    assert!(told.iter().all(|(kind, old, new)| *kind == Changed && old == new));
}

#[test]
fn each_clause_is_told_of_once_whatever_the_documents_are() {
    let mut random = fastrand::Rng::with_seed(3);
    let sentences = [
        "甲方供货。",
        "乙方付款 30 元。",
        "乙方付款 60 元。",
        "Both agree on it.",
        "Both agree on that.",
        "",
    ];
    let mut document = || -> Vec<Unit> {
        let number = |at: usize| Some(at.to_string()).filter(|_| !at.is_multiple_of(3));
        (0..random.usize(..12))
            .map(|at| Unit {
                number: number(at),
                text: sentences[random.usize(..sentences.len())].to_owned(),
            })
            .collect()
    };
    for _ in 0..500 {
        let (old, new) = (document(), document());
        let told = compare(&old, &new);
        assert_eq!(told, compare(&old, &new));
        let mut olds: Vec<usize> = told.iter().filter_map(|found| found.old).collect();
        olds.sort_unstable();
        assert_eq!(olds, (0..old.len()).collect::<Vec<_>>());
        let news: Vec<usize> = told.iter().filter_map(|found| found.new).collect();
        assert_eq!(news, (0..new.len()).collect::<Vec<_>>());
    }
}
