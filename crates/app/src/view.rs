//! What was on the screen, kept over a restart. The shape is the shell's own.

use crate::{App, AppError};

const VIEW: &str = "view";

impl App {
    pub fn view(&self) -> Result<Option<String>, AppError> {
        Ok(self.record().setting(VIEW)?)
    }

    pub fn keep_view(&self, view: &str) -> Result<(), AppError> {
        Ok(self.record().set_setting(VIEW, view)?)
    }
}
