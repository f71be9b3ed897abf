//! What was on the screen, kept over a restart. The shape is the shell's own.

use crate::{App, AppError};

const VIEW: &str = "view";

impl App {
    pub fn view(&self) -> Result<Option<String>, AppError> {
        Ok(self.record().setting(VIEW)?)
    }

    /// Fails in a second process: what the first one shows is what is kept.
    pub fn keep_view(&self, view: &str) -> Result<(), AppError> {
        self.home().must_be_writer()?;
        Ok(self.record().set_setting(VIEW, view)?)
    }
}

#[cfg(test)]
mod tests {
    use crate::Options;

    use super::*;

    #[test]
    fn a_second_process_leaves_the_view_of_the_first_alone() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let options = Options { home: Some(folder.path().into()), ..Options::default() };
        let first = App::open(options.clone()).expect("an app");
        let second = App::open(options).expect("the same data folder");
        first.keep_view("first").expect("the first may write");
        assert!(matches!(second.keep_view("second"), Err(AppError::HomeLocked { .. })));
        assert_eq!(second.view().expect("a view").as_deref(), Some("first"));
    }

    #[tokio::test]
    async fn the_second_process_writes_once_the_first_has_gone() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let options = Options { home: Some(folder.path().into()), ..Options::default() };
        let first = App::open(options.clone()).expect("an app");
        let second = App::open(options).expect("the same data folder");
        let mut events = second.events();
        let waiting = tokio::spawn({
            let second = second.clone();
            async move { second.until_writer().await }
        });
        tokio::task::yield_now().await;
        assert!(second.keep_view("second").is_err());
        drop(first);
        waiting.await.expect("no panic").expect("the lock");
        assert!(matches!(events.try_recv(), Ok(crate::AppEvent::BecameWriter)));
        second.keep_view("second").expect("it may write now");
    }
}
