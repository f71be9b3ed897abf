//! Steps that compare, translate, file, draft mails and write calendars.

use super::*;

const HEAD: &str = r#"
name = { en = "Clerk", zh = "文员" }
description = { en = "Sees to papers", zh = "处理文件" }
industry = "office"

[[inputs]]
name = "papers"
label = { en = "Papers", zh = "文件" }
kind = "folder"

[[inputs]]
name = "contract"
label = { en = "Contract", zh = "合同" }
kind = "file"
required = false
"#;

fn clerk(steps: &str) -> Agent {
    Agent::parse("clerk", &format!("{HEAD}{steps}")).expect("a sound file")
}

fn carry(agent: &Agent, past: Vec<Event>, world: &mut Script) -> Result<Outcome, Halt> {
    let mut task = task();
    task.given.insert("papers".into(), "/papers".into());
    carry_out(agent, &task, past, world, &Cancel::new())
}

fn yielded(world: &Script, name: &str) -> Vec<Vec<String>> {
    let table = world.events.iter().find_map(|event| match event {
        Event::StepDone { step, table } if step == name => Some(table.clone()),
        _ => None,
    });
    let texts = |row: &Vec<Value>| row.iter().map(|value| value.text.clone()).collect();
    table.expect("the step is done").rows.iter().map(texts).collect()
}

const SORTING: &str = r#"
[[steps]]
name = "sorted"
use = "for_each"
model = "small-model"
title = { en = "Sort", zh = "分类" }
rows = "papers"
fields = [
    { name = "kind", kind = "choice", ask = { en = "What is it?", zh = "是什么？" }, options = [
        { code = "invoices", says = { en = "an invoice", zh = "发票" } },
        { code = "other", says = { en = "something else", zh = "其他" } },
    ] },
    { name = "day", kind = "date", ask = { en = "Of which day is it?", zh = "日期？" } },
]

[[steps]]
name = "filed"
use = "file"
title = { en = "File", zh = "归档" }
folder = "papers"
rows = "sorted"
to = { en = "{kind}/{day} {name}", zh = "{kind}/{day} {name}" }
how = "move"

[[checks]]
name = "quoted"
says = { en = "Dates are quoted", zh = "日期有出处" }
kind = "quoted"
table = "sorted"
columns = ["text", "day"]
"#;

#[test]
fn files_of_a_folder_are_filed_by_what_stands_in_them() {
    let agent = clerk(SORTING);
    let mut world = Script::new(&[
        ("What is it?", "an invoice"),
        ("2 March 2026\n-----\nQuestion: Of which day", "2 March 2026"),
    ]);
    world.files = vec![("a/scan.1.PDF", "Invoice of 2 March 2026"), ("b.txt", "Invoice"), ("c.bin", "")];
    assert_eq!(carry(&agent, Vec::new(), &mut world), Ok(Outcome::Passed));
    let filing = |from: &str, to: &str| Filing { from: from.into(), to: to.into(), copy: false };
    assert_eq!(world.filed, [filing("a/scan.1.PDF", "invoices/2026-03-02 scan.1.PDF")]);
    let states: Vec<String> =
        yielded(&world, "filed").into_iter().map(|row| row[row.len() - 1].clone()).collect();
    assert_eq!(states, ["filed", "left", "left"], "what lacks a date or can't be read stays where it is");
    assert!(!world.models.is_empty() && world.models.iter().all(|model| model == "small-model"));

    // Taken up again after the file was moved: what was listed counts, not what is there now.
    let past: Vec<Event> =
        world.events.iter().filter(|event| !matches!(event, Event::Ended { .. })).cloned().collect();
    let mut again = Script::new(&[]);
    assert_eq!(carry(&agent, past, &mut again), Ok(Outcome::Passed));
    assert_eq!(again.asked, 0);
}

#[test]
fn two_versions_become_a_table_with_both_places() {
    let agent = clerk(
        r#"
[[steps]]
name = "changes"
use = "compare"
title = { en = "Compare", zh = "比较" }
old = "contract"
new = "contract"

[[checks]]
name = "quoted"
says = { en = "Clauses are quoted", zh = "条款有出处" }
kind = "quoted"
table = "changes"
columns = ["old", "new"]
"#,
    );
    let mut world = Script::new(&[]);
    assert_eq!(carry(&agent, Vec::new(), &mut world), Ok(Outcome::Passed));
    let row = &yielded(&world, "changes")[0];
    assert_eq!(row[..3], ["changed", "1", "1"]);
    assert_eq!(row[5], "45 → 60\n+ net");
}

#[test]
fn a_translation_that_loses_a_figure_is_asked_for_again_and_then_marked() {
    let agent = clerk(
        r#"
[[steps]]
name = "parts"
use = "split"
title = { en = "Cut", zh = "切分" }
from = "contract"
by = "sentence"

[[steps]]
name = "chinese"
use = "translate"
title = { en = "Translate", zh = "翻译" }
rows = "parts"
column = "text"
into = "zh"
"#,
    );
    let mut world = Script::new(&[
        ("The number 45 is missing", "1. 应在收到发票后45天内付款。"),
        ("within 45 days", "1. 应在收到发票后付款。"),
        ("31 December 2027", "2. 合同于2027年12月31日终止。"),
        ("Notice of 3 months", "须提前30个月通知。"),
    ]);
    assert_eq!(carry(&agent, Vec::new(), &mut world), Ok(Outcome::Passed));
    let rows = yielded(&world, "chinese");
    let of = |part: &str| rows.iter().find(|row| row[1].contains(part)).expect("the row").clone();
    assert_eq!(of("45 days")[2..], ["1. 应在收到发票后45天内付款。", ""]);
    assert_eq!(of("December")[2..], ["2. 合同于2027年12月31日终止。", ""]);
    assert_eq!(of("Notice")[3], "The number 3 is missing.");
}

#[test]
fn mails_and_calendars_are_written_of_tables() {
    let agent = clerk(
        r#"
[[steps]]
name = "parts"
use = "split"
title = { en = "Cut", zh = "切分" }
from = "contract"
by = "sentence"

[[steps]]
name = "ends"
use = "for_each"
title = { en = "Dates", zh = "日期" }
rows = "parts"
fields = [{ name = "day", kind = "date", ask = { en = "On which day?", zh = "哪天？" } }]

[[steps]]
name = "dates"
use = "calendar"
title = { en = "Calendar", zh = "日历" }
file = { en = "{contract}-dates.ics", zh = "{contract}-日期.ics" }
from = "ends"
day = "day"
entry = { en = "Ends: {text}", zh = "到期：{text}" }
remind = 7

[[steps]]
name = "letter"
use = "mail"
title = { en = "Draft", zh = "邮件" }
file = "{contract}.eml"
to = "anna@example.com; {ends.rows}@example.com"
subject = { en = "Dates of {run.today}", zh = "日期" }
paragraphs = [{ en = "Dear Anna,", zh = "您好：" }, { en = "", zh = "" }]
lists = [{ from = "ends", line = { en = "{day}: {text}", zh = "{day}：{text}" } }]
attach = ["dates"]
"#,
    );
    let mut world = Script::new(&[("31 December 2027.\n-----", "31 December 2027")]);
    assert_eq!(carry(&agent, Vec::new(), &mut world), Ok(Outcome::Passed));
    let [(calendar, entries), (mail, draft)] = world.written.as_slice() else { panic!("two files") };
    assert_eq!((calendar.as_str(), mail.as_str()), ("contract-dates.ics", "contract.eml"));
    assert_eq!(entries.matches("Entry {").count(), 1, "{entries}");
    assert!(entries.contains("day: \"2027-12-31\"") && entries.contains("remind: Some(7)"), "{entries}");
    for part in [
        "[\"anna@example.com\", \"3@example.com\"]",
        "Dates of 2026-03-01",
        "- 2027-12-31: 2. The contract ends",
        "(\"contract-dates.ics\", [",
    ] {
        assert!(draft.contains(part), "{part}: {draft}");
    }
}
