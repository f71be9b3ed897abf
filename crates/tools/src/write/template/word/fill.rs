//! Writes the tree of a part with values in place of placeholders.

use super::super::super::error::WriteError;
use super::super::super::run::push_text;
use super::super::super::text::clean;
use super::super::package::UNPACKED_BYTES;
use super::super::placeholder::Placeholder;
use super::super::tree::{Node, push_raw};
use super::super::values::{List, Values};
use super::paragraph::Paragraph;
use super::{Element, Kind, visit_paragraphs};

/// Attributes that may stand only once in a document.
const UNIQUE: &[&str] = &["paraId", "textId"];

pub(super) struct Filler<'v> {
    values: &'v Values,
    /// For messages.
    part: &'v str,
    /// Bytes that may be written.
    room: usize,
    out: String,
    /// Rows of tables that were written.
    rows: usize,
}

/// The rows of lists that a place belongs to.
#[derive(Clone, Default)]
struct Scope<'v> {
    rows: Vec<(&'v str, &'v List, usize)>,
    /// Whether the place was written before.
    is_copy: bool,
}

/// The new texts of the paragraph that is being written, in order.
type Texts = std::vec::IntoIter<Option<String>>;

impl<'v> Filler<'v> {
    pub(super) fn new(values: &'v Values, part: &'v str, room: usize) -> Self {
        Self { values, part, room, out: String::new(), rows: 0 }
    }

    pub(super) fn fill(mut self, tree: &[Node<Kind>]) -> Result<String, WriteError> {
        self.nodes(tree, &Scope::default(), &mut Texts::default())?;
        Ok(self.out)
    }

    fn nodes(
        &mut self,
        nodes: &[Node<Kind>],
        scope: &Scope<'v>,
        texts: &mut Texts,
    ) -> Result<(), WriteError> {
        let is_paragraph = |node: &Node<Kind>| matches!(node, Node::Element(e) if e.kind == Kind::Paragraph);
        let last_paragraph = nodes.iter().rposition(is_paragraph);
        let mut has_paragraph = false;
        for (at, node) in nodes.iter().enumerate() {
            match node {
                Node::Element(element) => {
                    let before = self.out.len();
                    self.element(element, scope, texts)?;
                    let is_gone = self.out.len() == before;
                    has_paragraph |= is_paragraph(node) && !is_gone;
                    // A cell, a header, a text box and a note must hold a paragraph.
                    let is_needed = last_paragraph == Some(at) && !has_paragraph;
                    if is_paragraph(node) && is_gone && (is_needed || ends_section(element)) {
                        self.push_emptied(element);
                    }
                }
                Node::Text { raw, .. } | Node::Other(raw) => self.out.push_str(raw),
            }
        }
        Ok(())
    }

    fn element(&mut self, element: &Element, scope: &Scope<'v>, texts: &mut Texts) -> Result<(), WriteError> {
        match element.kind {
            Kind::Row | Kind::Paragraph => self.repeated(element, scope),
            Kind::Table => {
                let (written, rows) = (self.out.len(), self.rows);
                self.plain(element, scope, texts)?;
                // Word takes a table without rows for damage.
                if self.rows == rows {
                    self.out.truncate(written);
                }
                Ok(())
            }
            Kind::Text => {
                match texts.next().flatten() {
                    Some(text) => push_text(&mut self.out, element.prefix(), &text),
                    None => self.plain(element, scope, texts)?,
                }
                Ok(())
            }
            // A second one of the same name would be damage.
            Kind::Bookmark if scope.is_copy => Ok(()),
            _ => self.plain(element, scope, texts),
        }
    }

    fn plain(&mut self, element: &Element, scope: &Scope<'v>, texts: &mut Texts) -> Result<(), WriteError> {
        match scope.is_copy && matches!(element.kind, Kind::Row | Kind::Paragraph) {
            true => self.out.push_str(&element.start_without(UNIQUE)),
            false => self.out.push_str(element.start),
        }
        self.nodes(&element.children, scope, texts)?;
        self.out.push_str(element.end);
        if self.out.len() > self.room {
            let wrong = format!("the filled document is larger than {} bytes", UNPACKED_BYTES);
            return Err(WriteError::TooLarge { wrong, way_out: "give fewer rows or shorter texts" });
        }
        Ok(())
    }

    /// A row or a paragraph, once for each row of the list that it names.
    fn repeated(&mut self, element: &Element, scope: &Scope<'v>) -> Result<(), WriteError> {
        let wanted = self.wanted(element)?;
        let mut over: Option<(&'v str, &'v List)> = None;
        for placeholder in &wanted {
            let Placeholder::Column { list: name, .. } = placeholder else { continue };
            if scope.rows.iter().any(|(given, ..)| given == name) {
                continue;
            }
            let (name, list) = self.values.lists.get_key_value(name).ok_or_else(|| unknown(placeholder))?;
            let name = name.as_str();
            match over {
                Some((first, _)) if first != name => {
                    return Err(WriteError::Placeholder {
                        part: self.part.to_owned(),
                        placeholder: placeholder.to_string(),
                        wrong: format!("its row or paragraph belongs to the list `{first}` already"),
                        way_out: "put each list into a row or a paragraph of its own",
                    });
                }
                _ => over = Some((name, list)),
            }
        }
        let Some((name, list)) = over else { return self.once(element, scope) };
        for row in 0..list.rows.len() {
            let mut inner = scope.clone();
            inner.rows.push((name, list, row));
            inner.is_copy |= row > 0;
            self.once(element, &inner)?;
        }
        Ok(())
    }

    /// What stands in a row, but not in rows of tables within it, or in a paragraph.
    fn wanted(&self, element: &Element) -> Result<Vec<Placeholder>, WriteError> {
        if element.kind == Kind::Paragraph {
            return Ok(Paragraph::read(element, self.part)?.placeholders().cloned().collect());
        }
        let mut wanted = Vec::new();
        visit_paragraphs(&element.children, false, &mut |paragraph| {
            wanted.extend(Paragraph::read(paragraph, self.part)?.placeholders().cloned());
            Ok(())
        })?;
        Ok(wanted)
    }

    fn once(&mut self, element: &Element, scope: &Scope<'v>) -> Result<(), WriteError> {
        let mut texts = Texts::default();
        if element.kind == Kind::Row {
            self.rows += 1;
        } else {
            let paragraph = Paragraph::read(element, self.part)?;
            texts = paragraph.filled(|placeholder| self.value(placeholder, scope))?.into_iter();
        }
        self.plain(element, scope, &mut texts)
    }

    fn value(&self, placeholder: &Placeholder, scope: &Scope) -> Result<String, WriteError> {
        let value = match placeholder {
            Placeholder::Field { name } => self.values.text(name),
            Placeholder::Column { list: name, column } => {
                let row = scope.rows.iter().find(|(given, ..)| given == name);
                row.and_then(|(_, list, row)| list.datum(*row, column)).map(ToString::to_string)
            }
        };
        value.map(|value| clean(&value).into_owned()).ok_or_else(|| unknown(placeholder))
    }

    /// A paragraph that must stay, with nothing but its properties.
    fn push_emptied(&mut self, element: &Element) {
        self.out.push_str(element.start);
        for node in &element.children {
            if let Node::Element(Element { kind: Kind::ParagraphProperties, .. }) = node {
                push_raw(&mut self.out, std::slice::from_ref(node));
            }
        }
        self.out.push_str(element.end);
    }
}

fn unknown(placeholder: &Placeholder) -> WriteError {
    WriteError::Unknown { names: vec![placeholder.clone()] }
}

/// Whether a paragraph is the last of a section, whose page it describes.
fn ends_section(paragraph: &Element) -> bool {
    paragraph.children.iter().any(|node| match node {
        Node::Element(properties) => {
            properties.kind == Kind::ParagraphProperties
                && properties
                    .children
                    .iter()
                    .any(|node| matches!(node, Node::Element(e) if e.kind == Kind::Section))
        }
        _ => false,
    })
}
