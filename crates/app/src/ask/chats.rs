//! Chats: a question is kept before it is answered, its answer when it is done.

use inhouse_agent::answer::follow_up::Exchange;
use inhouse_agent::cancel::Cancel;
use inhouse_record::{Chat, ChatId, NewTurn, RunId, TurnEnd, TurnId};
use serde::{Deserialize, Serialize};

use crate::ask::{Answered, AskEvent, AskOptions};
use crate::{App, AppError};

/// A question of a chat and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptTurn {
    pub id: TurnId,
    pub question: String,
    /// The id of the agent that was asked.
    pub agent: Option<String>,
    /// The name of the collection within which it was asked, which may have been taken away since.
    pub within: Option<String>,
    /// The run that was begun in place of an answer.
    pub run: Option<RunId>,
    /// Missing when the app ended before the answer was done.
    pub outcome: Option<TurnOutcome>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum TurnOutcome {
    Answered(Box<Answered>),
    Failed(KeptError),
}

/// An error in the words in which it was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptError {
    pub code: String,
    pub message: String,
    pub hint: String,
}

impl From<&AppError> for KeptError {
    fn from(error: &AppError) -> Self {
        Self { code: error.code().into(), message: error.to_string(), hint: error.hint().into() }
    }
}

impl App {
    /// Keeps a question, in a chat or as the first of a new one.
    pub fn begin_turn(
        &self,
        chat: Option<ChatId>,
        question: &str,
        agent: Option<&str>,
        within: Option<&str>,
    ) -> Result<(ChatId, TurnId), AppError> {
        let question = question.trim();
        if question.is_empty() {
            return Err(AppError::EmptyQuestion);
        }
        let model = match agent {
            Some(id) => self.locate_chat_model_for(self.agent(id)?.agent.model.as_deref())?.0.id,
            None => self.model_in_use(inhouse_catalog::Task::Chat)?.model.id,
        };
        Ok(self.record().begin_turn(NewTurn { chat, question, model: &model, agent, within, run: None })?)
    }

    /// Keeps in a chat, or in a new one, that a task was handed over; `title` is what it is called there.
    pub fn hand_over(
        &self,
        chat: Option<ChatId>,
        title: &str,
        run: RunId,
    ) -> Result<(ChatId, TurnId), AppError> {
        let row = self.record().run(run)?;
        Ok(self.record().begin_turn(NewTurn {
            chat,
            question: title,
            model: &row.model,
            agent: Some(&row.agent),
            within: None,
            run: Some(run),
        })?)
    }

    /// Answers a kept question of a chat and keeps what came of it. It may lean on the question before it.
    pub async fn answer_turn(
        &self,
        chat: ChatId,
        turn: TurnId,
        question: &str,
        options: &AskOptions,
        cancel: &Cancel,
        on_event: impl Fn(AskEvent) + Send + Sync + 'static,
    ) -> Result<Answered, AppError> {
        let outcome = match self.exchange_before(chat, turn, options.agent.as_deref()) {
            Ok(before) => {
                let options = AskOptions { before, ..options.clone() };
                self.ask(question, &options, cancel, on_event).await
            }
            Err(error) => Err(error),
        };
        let end = match &outcome {
            Ok(answered) => serde_json::to_string(answered).map(TurnEnd::Answer),
            Err(error) => serde_json::to_string(&KeptError::from(error)).map(TurnEnd::Error),
        };
        let end = end.map_err(|error| AppError::Bug { what: error.to_string() })?;
        self.record().end_turn(turn, &end)?;
        outcome
    }

    /// What was asked last before a turn and did not fail. What another agent answered is not told: it may
    /// read other documents.
    fn exchange_before(
        &self,
        chat: ChatId,
        turn: TurnId,
        agent: Option<&str>,
    ) -> Result<Option<Exchange>, AppError> {
        let turns = self.chat(chat)?.into_iter().take_while(|kept| kept.id != turn);
        let exchanges = turns.filter_map(|kept| {
            let Some(TurnOutcome::Answered(answered)) = kept.outcome else { return None };
            let is_own = kept.agent.as_deref() == agent;
            Some(match is_own {
                true => answered.exchange(&kept.question),
                false => Exchange { question: kept.question, answer: String::new() },
            })
        });
        Ok(exchanges.last())
    }

    /// All chats, the one used last first.
    pub fn chats(&self) -> Result<Vec<Chat>, AppError> {
        Ok(self.record().chats()?)
    }

    pub fn chat(&self, id: ChatId) -> Result<Vec<KeptTurn>, AppError> {
        let read = |json: &str| {
            serde_json::from_str(json).map_err(|error| AppError::Bug { what: error.to_string() })
        };
        let turns = self.record().turns(id)?;
        turns
            .into_iter()
            .map(|turn| {
                let outcome = match &turn.end {
                    None => None,
                    Some(TurnEnd::Answer(json)) => Some(TurnOutcome::Answered(Box::new(read(json)?))),
                    Some(TurnEnd::Error(json)) => Some(TurnOutcome::Failed(
                        serde_json::from_str(json)
                            .map_err(|error| AppError::Bug { what: error.to_string() })?,
                    )),
                };
                Ok(KeptTurn {
                    id: turn.id,
                    question: turn.question,
                    agent: turn.agent,
                    within: turn.within,
                    run: turn.run,
                    outcome,
                })
            })
            .collect()
    }

    pub fn delete_chat(&self, id: ChatId) -> Result<(), AppError> {
        Ok(self.record().delete_chat(id)?)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

    use super::*;
    use crate::Options;

    #[test]
    fn a_question_leans_on_the_last_one_that_was_answered_and_on_no_answer_of_another_agent() {
        let folder = tempfile::tempdir().unwrap();
        let app =
            App::open(Options { home: Some(folder.path().join("home")), ..Options::default() }).unwrap();
        let begin = |chat, question, agent| {
            let new = NewTurn { chat, question, model: "m", agent, within: None, run: None };
            app.record().begin_turn(new).unwrap()
        };
        let (chat, first) = begin(None, "And who signed?", Some("ada"));
        let answered = Answered {
            text: "Maria Ortiz signed it.".into(),
            understood: Some("Who signed the lease?".into()),
            ..crate::ask::stopped_early(std::time::Instant::now())
        };
        let answer = serde_json::to_string(&answered).unwrap();
        app.record().end_turn(first, &TurnEnd::Answer(answer)).unwrap();
        let (_, failed) = begin(Some(chat), "Why?", Some("ada"));
        let error = KeptError { code: "c".into(), message: "m".into(), hint: "h".into() };
        app.record().end_turn(failed, &TurnEnd::Error(serde_json::to_string(&error).unwrap())).unwrap();
        let (_, last) = begin(Some(chat), "When did she join?", Some("ada"));
        let before = |turn, agent| {
            let exchange = app.exchange_before(chat, turn, agent).unwrap();
            exchange.map(|exchange| (exchange.question, exchange.answer))
        };
        let own = ("Who signed the lease?".to_owned(), "Maria Ortiz signed it.".to_owned());
        assert_eq!(before(last, Some("ada")), Some(own));
        assert_eq!(before(last, None), Some(("And who signed?".to_owned(), String::new())));
        assert_eq!(before(first, Some("ada")), None);
    }

    #[tokio::test]
    async fn a_chat_tells_within_which_collection_was_asked_when_that_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let app =
            App::open(Options { home: Some(folder.path().join("home")), ..Options::default() }).unwrap();
        app.make_collection("Prices").unwrap();
        let question = "What does a desk cost?";
        let options = AskOptions { within: vec!["Prices".to_owned()], ..AskOptions::default() };
        let (chat, turn) = app.begin_turn(None, question, None, Some("Prices")).unwrap();
        let answered = app.answer_turn(chat, turn, question, &options, &Cancel::new(), |_| {}).await.unwrap();
        assert!(answered.declined);
        app.remove_from_collection("Prices", None).await.unwrap();
        let (_, again) = app.begin_turn(Some(chat), question, None, Some("Prices")).unwrap();
        app.answer_turn(chat, again, question, &options, &Cancel::new(), |_| {}).await.unwrap_err();
        let turns = app.chat(chat).unwrap();
        let within: Vec<_> = turns.iter().map(|turn| turn.within.as_deref()).collect();
        assert_eq!(within, [Some("Prices"); 2]);
        assert_eq!(turns[0].outcome, Some(TurnOutcome::Answered(Box::new(answered))));
        let Some(TurnOutcome::Failed(error)) = &turns[1].outcome else { panic!("{:?}", turns[1]) };
        assert_eq!((&*error.code, &*error.message), ("not_found", "there is no collection Prices"));
    }
}
