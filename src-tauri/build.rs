//! Names the commands that the window may call, and embeds the built UI.

const COMMANDS: &[&str] = &[
    "status",
    "subscribe",
    "sources",
    "add_paths",
    "folders",
    "retry_source",
    "remove_source",
    "stop_reading",
    "ask",
    "stop_answer",
    "chats",
    "chat",
    "delete_chat",
    "hand_over",
    "read_page",
    "load_view",
    "save_view",
    "agents",
    "check_agent",
    "copy_agent",
    "begin_run",
    "carry_on_run",
    "stop_run",
    "answer_run",
    "decide_run",
    "undo_run",
    "judge_run",
    "runs",
    "run",
    "outcomes",
    "open_written",
    "collections",
    "make_collection",
    "put_paths",
    "put_source",
    "take_source_out",
    "take_path_out",
    "cost_of_pinning",
    "set_pinned",
    "computed",
    "ahead",
    "compute_ahead",
    "stop_computing",
];

fn main() {
    for watched in ["tauri.conf.json", "src-tauri/capabilities", "ui/dist", "icons"] {
        println!("cargo:rerun-if-changed={watched}");
    }
    let attributes = tauri_build::Attributes::new()
        .capabilities_path_pattern("src-tauri/capabilities/**/*.json")
        .app_manifest(tauri_build::AppManifest::new().commands(COMMANDS));
    if let Err(error) = tauri_build::try_build(attributes) {
        println!("cargo:warning={error:#}");
        std::process::exit(1);
    }
}
