//! Runs and their events as people read them in a terminal.

use std::io::IsTerminal;

use inhouse_agent::run::Event;
use inhouse_agent::table::{Evidence, Table};
use inhouse_app::runs::RunRow;

pub(super) fn describe(row: &RunRow) -> String {
    format!("{:>4}  {:<8} {:<24} {:>5} s  {}", row.id.0, row.state.code(), row.agent, row.seconds, row.model)
}

/// What happens while a run goes on, on standard error.
pub(super) fn progress(event: &Event) {
    if !std::io::stderr().is_terminal() {
        return;
    }
    match event {
        Event::StepBegun { step } => eprintln!("{step}"),
        Event::Filled { at, text, .. } => eprintln!("  {at}: {}", text.replace('\n', " ")),
        _ => {}
    }
}

/// An event as a line or more for people.
pub(super) fn tell(event: &Event) {
    match event {
        Event::Begun { given, .. } => {
            given.iter().for_each(|(name, value)| println!("given       {name}: {value}"));
        }
        Event::Read { document, pages, sha256, .. } => {
            println!("read        {document}, {pages} pages, sha256 {sha256}")
        }
        Event::Listed { input, table } => println!("looked      {input}: {} files", table.rows.len()),
        Event::StepBegun { step } => println!("step        {step}"),
        Event::Filled { at, text, .. } => println!("  model     {at}: {}", text.replace('\n', " ")),
        Event::Called { tool, arguments, result, .. } => println!("  called    {tool} {arguments}: {result}"),
        Event::Asked { question, .. } => println!("asked       {question}"),
        Event::Answered { text, .. } => println!("answered    {text}"),
        Event::Previewed { path, .. } => println!("asked       for leave: {path}"),
        Event::Decided { approved, .. } => println!("decided     {}", if *approved { "yes" } else { "no" }),
        Event::Wrote { path, sha256, .. } => println!("wrote       {path}, sha256 {sha256}"),
        Event::MadeFolder { path, .. } => println!("made        {path}"),
        Event::Filed { from, to, copied, .. } => {
            println!("{:<11} {from} → {to}", if *copied { "copied" } else { "moved" });
        }
        Event::StepDone { table, .. } => tell_table(table),
        Event::Checked { check, passed, detail } => {
            println!("{:<11} {check} {detail}", if *passed { "passed" } else { "FAILED" });
        }
        Event::Ended { .. } => println!("ended"),
        Event::Halted { what, .. } => println!("halted      {what}"),
        Event::Undone { path, what } => println!("undone      {path}: {what}"),
        Event::Judged { verdict, note } => println!("judged      {verdict} {note}"),
    }
}

fn tell_table(table: &Table) {
    for row in table.rows.iter().take(50) {
        for (column, value) in table.columns.iter().zip(row) {
            if value.text.is_empty() {
                continue;
            }
            println!("    {}: {}", column.name, value.text.replace('\n', " "));
            if let Evidence::Quoted { places } = &value.evidence {
                for place in places {
                    let cells = place.cells.as_deref().unwrap_or_default();
                    println!(
                        "      {} p. {} {cells} \"{}\"",
                        place.document,
                        place.page,
                        place.quote.replace('\n', " ")
                    );
                }
            }
        }
        println!();
    }
    if table.rows.len() > 50 {
        println!("    and {} rows more", table.rows.len() - 50);
    }
}
