//! Memory over real Lance tables: what is written is found, in both languages, once, and what is
//! forgotten is gone.

use inhouse_agent::passage::PassageId;
use inhouse_agent::source::SourceId;
use inhouse_memory::{Embedded, Memory, Query};

fn passage(id: i64, source: i64, words: &str, vector: [f32; 4]) -> Embedded {
    Embedded {
        passage: PassageId(id),
        source: SourceId(source),
        words: words.into(),
        vector: vector.to_vec(),
    }
}

async fn found(memory: &Memory, words: &str, vector: [f32; 4]) -> Vec<i64> {
    let query = Query { words, vector: &vector, limit: 3, within: None };
    memory.search(query).await.expect("a search").into_iter().map(|hit| hit.passage.0).collect()
}

#[tokio::test]
async fn passages_are_found_by_words_and_by_meaning_also_after_a_restart() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let memory = Memory::open(folder.path(), "test", 4).await.expect("a memory");
    let passages = [
        passage(1, 1, "Travel expenses are reimbursed within thirty days.", [1.0, 0.0, 0.0, 0.0]),
        passage(2, 1, "差旅费应当在三十日内报销。", [0.0, 1.0, 0.0, 0.0]),
        passage(3, 2, "办公用品由行政部采购。", [0.0, 0.0, 1.0, 0.0]),
    ];
    memory.write(&passages).await.expect("a write");
    assert_eq!(found(&memory, "差旅费 报销", [0.0, 1.0, 0.0, 0.0]).await[0], 2);
    assert_eq!(found(&memory, "采购", [0.0, 0.0, 1.0, 0.0]).await[0], 3);
    assert_eq!(found(&memory, "reimbursed expense", [1.0, 0.0, 0.0, 0.0]).await[0], 1);

    memory.tidy().await.expect("tidying");
    drop(memory);
    let memory = Memory::open(folder.path(), "test", 4).await.expect("the same memory");
    assert_eq!(found(&memory, "三十日", [0.0, 1.0, 0.0, 0.0]).await[0], 2);
    for (within, expected) in [(vec![SourceId(2)], vec![3]), (vec![], vec![])] {
        let query = Query { words: "采购", vector: &[1.0, 0.0, 0.0, 0.0], limit: 3, within: Some(&within) };
        let hits = memory.search(query).await.expect("a search");
        assert_eq!(hits.iter().map(|hit| hit.passage.0).collect::<Vec<_>>(), expected, "{within:?}");
    }
    let mut contents = memory.contents().await.expect("contents");
    contents.sort();
    assert_eq!(
        contents.iter().map(|(source, id)| (source.0, id.0)).collect::<Vec<_>>(),
        [(1, 1), (1, 2), (2, 3)]
    );
}

#[tokio::test]
async fn writing_a_passage_twice_keeps_it_once_and_forgetting_a_source_removes_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let memory = Memory::open(folder.path(), "test", 4).await.expect("a memory");
    let old = passage(1, 1, "the limit is 80 euros", [1.0, 0.0, 0.0, 0.0]);
    memory.write(&[old.clone(), passage(2, 2, "another", [0.0, 1.0, 0.0, 0.0])]).await.expect("a write");
    memory.write(&[old]).await.expect("the same write");
    assert_eq!(memory.contents().await.expect("contents").len(), 2);
    memory.forget(&[SourceId(1)]).await.expect("forgetting");
    memory.tidy().await.expect("tidying");
    assert_eq!(memory.contents().await.expect("contents"), [(SourceId(2), PassageId(2))]);
    assert_eq!(found(&memory, "limit euros", [1.0, 0.0, 0.0, 0.0]).await, [2]);
}
