//! The terminal program says how it is used, and its exit codes tell how it ended.

use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_inhouse")).args(arguments).output().expect("the program starts")
}

#[test]
fn wrong_arguments_end_with_2_and_help_with_0() {
    assert_eq!(run(&["sources", "--no-such-option"]).status.code(), Some(2));
    let help = run(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    let text = String::from_utf8(help.stdout).expect("UTF-8");
    for command in ["add", "sources", "remove", "search", "ask", "models"] {
        assert!(text.contains(command), "{text}");
    }
}

#[test]
fn a_data_folder_that_cannot_be_made_is_named_with_a_way_out() {
    let ended = run(&["--json", "--home", "/proc/nowhere", "sources"]);
    assert_eq!(ended.status.code(), Some(1));
    let object = String::from_utf8(ended.stdout).expect("UTF-8");
    assert!(object.contains("/proc/nowhere") && object.contains("\"hint\""), "{object}");
}
