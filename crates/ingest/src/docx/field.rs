//! Fields: instructions to Word, of which only the result is text.

/// The fields that are open, innermost last: one may stand in the result of another.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<Field>);

#[derive(Debug, Default)]
pub(super) struct Field {
    instruction: String,
    in_result: bool,
    /// Of a form's check box, whether it is checked.
    check_box: Option<bool>,
}

impl Field {
    /// The number of a page is not text of the document, it differs on each page.
    pub(super) fn is_page_number(&self) -> bool {
        matches!(self.instruction.split_whitespace().next(), Some("PAGE" | "NUMPAGES" | "SECTIONPAGES"))
    }

    /// What Word draws for a field without a result.
    pub(super) fn shown(&self) -> &'static str {
        match self.check_box {
            Some(true) => "☑ ",
            Some(false) => "☐ ",
            None => "",
        }
    }
}

impl Fields {
    pub(super) fn begin(&mut self) {
        self.0.push(Field::default());
    }

    /// A field whose instruction stands in an attribute.
    pub(super) fn begin_simple(&mut self, instruction: String) {
        self.0.push(Field { instruction, in_result: true, check_box: None });
    }

    pub(super) fn begin_result(&mut self) {
        if let Some(field) = self.0.last_mut() {
            field.in_result = true;
        }
    }

    pub(super) fn end(&mut self) -> Option<Field> {
        self.0.pop()
    }

    pub(super) fn set_check_box(&mut self, checked: bool) {
        if let Some(field) = self.0.last_mut() {
            field.check_box = Some(checked);
        }
    }

    /// Sets the state of a check box, if the field is one.
    pub(super) fn check(&mut self, checked: bool) {
        if let Some(field) = self.0.last_mut() {
            field.check_box = field.check_box.map(|_| checked);
        }
    }

    /// Takes text that is part of an instruction; false when it is none.
    pub(super) fn take_instruction(&mut self, text: &str) -> bool {
        let Some(field) = self.0.last_mut().filter(|field| !field.in_result) else { return false };
        field.instruction.push_str(text);
        true
    }

    /// Whether text at this place is seen: not within an instruction.
    pub(super) fn show_text(&self) -> bool {
        self.0.iter().all(|field| field.in_result)
    }

    pub(super) fn are_page_number(&self) -> bool {
        self.0.iter().any(Field::is_page_number)
    }

    /// An instruction stands in one paragraph; one without an end must not swallow the rest.
    pub(super) fn end_of_paragraph(&mut self) {
        self.0.iter_mut().for_each(|field| field.in_result = true);
    }
}
