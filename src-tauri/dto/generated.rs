//! The TypeScript of the DTOs is checked in, and must be what the Rust types say.

use ts_rs::{Config, TS};

use super::*;

fn typescript() -> String {
    let config = Config::default();
    let declarations = [
        ErrorDto::decl(&config),
        StatusDto::decl(&config),
        ModelDto::decl(&config),
        ModelStateDto::decl(&config),
        SourceDto::decl(&config),
        SourceStateDto::decl(&config),
        AddReportDto::decl(&config),
        SkippedDto::decl(&config),
        AppEventDto::decl(&config),
        AnswerEventDto::decl(&config),
        PassageDto::decl(&config),
        AnswerDto::decl(&config),
        SentenceDto::decl(&config),
        CitationDto::decl(&config),
        CellsDto::decl(&config),
        TimingDto::decl(&config),
        ChatDto::decl(&config),
        TurnDto::decl(&config),
        PageDto::decl(&config),
        ViewDto::decl(&config),
        ReaderViewDto::decl(&config),
        WordsDto::decl(&config),
        AgentsDto::decl(&config),
        AgentDto::decl(&config),
        InputDto::decl(&config),
        InputKindDto::decl(&config),
        OptionDto::decl(&config),
        PlanDto::decl(&config),
        StepDto::decl(&config),
        WorkDto::decl(&config),
        CheckDto::decl(&config),
        PermissionDto::decl(&config),
        LimitsDto::decl(&config),
        AgentBrokenDto::decl(&config),
        ProblemDto::decl(&config),
        LanguageDto::decl(&config),
        RunDto::decl(&config),
        RunStateDto::decl(&config),
        RunShownDto::decl(&config),
        PendingDto::decl(&config),
        HappenedDto::decl(&config),
        EventDto::decl(&config),
        TableDto::decl(&config),
        ColumnDto::decl(&config),
        KindDto::decl(&config),
        ValueDto::decl(&config),
        EvidenceDto::decl(&config),
        PlaceDto::decl(&config),
        RunEventDto::decl(&config),
        UndoneDto::decl(&config),
        VerdictDto::decl(&config),
        OutcomeDto::decl(&config),
        CollectionDto::decl(&config),
        CollectionPlaceDto::decl(&config),
        PinCostDto::decl(&config),
        ComputedDto::decl(&config),
        AheadDto::decl(&config),
    ];
    let mut text =
        String::from("// Generated from src-tauri/dto.rs by `cargo xtask codegen`; do not edit.\n");
    for declaration in declarations {
        text.push_str("\nexport ");
        text.push_str(&declaration);
        text.push('\n');
    }
    text
}

#[test]
fn the_typescript_of_the_ipc_is_what_the_rust_types_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/ui/src/ipc/gen.ts");
    let expected = typescript();
    if std::env::var_os("INHOUSE_UPDATE").is_some() {
        std::fs::write(path, &expected).expect("the generated file is writable");
    }
    let found = std::fs::read_to_string(path).expect("the generated file is there");
    assert!(found == expected, "ui/src/ipc/gen.ts is stale: run `cargo xtask codegen`");
}
