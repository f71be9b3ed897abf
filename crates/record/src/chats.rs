//! Chats: questions and what came of them.

use rusqlite::{OptionalExtension, params};

use crate::{Record, RecordError, RunId, now};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChatId(pub i64);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TurnId(pub i64);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chat {
    pub id: ChatId,
    /// Its first question.
    pub title: String,
    /// Seconds since 1970, UTC.
    pub updated_at: i64,
}

/// A question that was just asked, in a chat or as the first of a new one.
#[derive(Debug, Clone, Copy)]
pub struct NewTurn<'a> {
    pub chat: Option<ChatId>,
    pub question: &'a str,
    pub model: &'a str,
    /// The agent that is asked.
    pub agent: Option<&'a str>,
    /// The collection within which it is asked.
    pub within: Option<&'a str>,
    /// The run that was begun in place of an answer.
    pub run: Option<RunId>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    pub id: TurnId,
    pub question: String,
    pub agent: Option<String>,
    /// The name of a collection, which may have been taken away since.
    pub within: Option<String>,
    pub run: Option<RunId>,
    /// Missing while it runs, and for good when the app ended meanwhile.
    pub end: Option<TurnEnd>,
}

/// How a turn ended; the JSON is the app's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TurnEnd {
    Answer(String),
    Error(String),
}

impl Record {
    /// Keeps a question before it is answered, so that it survives a crash.
    pub fn begin_turn(&self, turn: NewTurn<'_>) -> Result<(ChatId, TurnId), RecordError> {
        self.write("keep a question", |transaction| {
            let kept = match turn.chat {
                Some(chat) => transaction
                    .query_row("SELECT id FROM chats WHERE id = ?1", [chat.0], |row| row.get(0))
                    .optional()?,
                None => None,
            };
            let chat: i64 = match kept {
                Some(id) => id,
                None => {
                    transaction.execute(
                        "INSERT INTO chats (title, updated_at) VALUES (?1, ?2)",
                        params![turn.question, now()],
                    )?;
                    transaction.last_insert_rowid()
                }
            };
            transaction.execute("UPDATE chats SET updated_at = ?2 WHERE id = ?1", params![chat, now()])?;
            transaction.execute(
                "INSERT INTO turns (chat, question, model, agent, collection, run, asked_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    chat,
                    turn.question,
                    turn.model,
                    turn.agent,
                    turn.within,
                    turn.run.map(|run| run.0),
                    now()
                ],
            )?;
            Ok((ChatId(chat), TurnId(transaction.last_insert_rowid())))
        })
    }

    pub fn end_turn(&self, id: TurnId, end: &TurnEnd) -> Result<(), RecordError> {
        let (answer, error) = match end {
            TurnEnd::Answer(json) => (Some(json), None),
            TurnEnd::Error(json) => (None, Some(json)),
        };
        self.write("keep an answer", |transaction| {
            transaction
                .execute(
                    "UPDATE turns SET answer = ?2, error = ?3 WHERE id = ?1",
                    params![id.0, answer, error],
                )
                .map(drop)
        })
    }

    /// All chats, the one used last first.
    pub fn chats(&self) -> Result<Vec<Chat>, RecordError> {
        self.read("list the chats", |connection| {
            connection
                .prepare("SELECT id, title, updated_at FROM chats ORDER BY updated_at DESC, id DESC")?
                .query_map([], |row| {
                    Ok(Chat { id: ChatId(row.get(0)?), title: row.get(1)?, updated_at: row.get(2)? })
                })?
                .collect()
        })
    }

    /// The turns of a chat, oldest first; none when there is no such chat.
    pub fn turns(&self, chat: ChatId) -> Result<Vec<Turn>, RecordError> {
        self.read("read a chat", |connection| {
            connection
                .prepare(
                    "SELECT id, question, answer, error, agent, run, collection FROM turns
                     WHERE chat = ?1 ORDER BY id",
                )?
                .query_map([chat.0], |row| {
                    let answer: Option<String> = row.get(2)?;
                    let error: Option<String> = row.get(3)?;
                    Ok(Turn {
                        id: TurnId(row.get(0)?),
                        question: row.get(1)?,
                        agent: row.get(4)?,
                        run: row.get::<_, Option<i64>>(5)?.map(RunId),
                        within: row.get(6)?,
                        end: answer.map(TurnEnd::Answer).or(error.map(TurnEnd::Error)),
                    })
                })?
                .collect()
        })
    }

    pub fn delete_chat(&self, chat: ChatId) -> Result<(), RecordError> {
        self.write("delete a chat", |transaction| {
            transaction.execute("DELETE FROM chats WHERE id = ?1", [chat.0]).map(drop)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_kept_before_its_answer() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("record.sqlite");
        let record = Record::open(&path).expect("a record");
        let (agent, within) = (Some("clerk"), Some("制度"));
        let new = NewTurn { chat: None, question: "谁批准?", model: "m", agent, within, run: None };
        let (chat, turn) = record.begin_turn(new).expect("a turn");
        drop(record);
        let record = Record::open(&path).expect("the same record");
        let kept = record.turns(chat).expect("turns").remove(0);
        assert_eq!((kept.end, kept.agent.as_deref(), kept.within.as_deref()), (None, agent, within));
        assert_eq!(kept.run, None);
        record.end_turn(turn, &TurnEnd::Answer("{}".into())).expect("an end");
        assert_eq!(record.turns(chat).expect("turns")[0].end, Some(TurnEnd::Answer("{}".into())));
        record.delete_chat(chat).expect("a deletion");
        assert_eq!(record.turns(chat).expect("no turns"), []);
    }
}
