//! The file: pages, fonts, the tree of elements, the outline.

use pdf_writer::types::TableHeaderScope;
use pdf_writer::{Filter, Finish, Name, Pdf, Rect, Ref, Settings, TextStr};
use sha2::{Digest, Sha256};

use super::super::error::WriteError;
use super::super::fonts::Fonts;
use super::content::{Used, Writer};
use super::element::{Element, Role};
use super::outline::{self, Place};
use super::piece::{BOTTOM, FAINT_RULE, LONG, Mark, SHORT, SIDE, SOFT_INK, Text, text_width};
use super::text::{Line, Setter};
use super::{Document, embed};

const CATALOG: Ref = Ref::new(1);
const INFO: Ref = Ref::new(2);
const PAGES: Ref = Ref::new(3);
const RESOURCES: Ref = Ref::new(4);
const OUTLINE: Ref = Ref::new(5);
const TREE: Ref = Ref::new(6);
const FIRST: i32 = 7;

/// Size of what stands below every page, in points.
const FOOT: f32 = 8.5;

/// A file as it is written.
struct File {
    pdf: Pdf,
    next: i32,
    /// The pages, each with its height and the elements of its marked stretches.
    pages: Vec<(Ref, f32, Vec<usize>)>,
}

pub(super) fn written(mut document: Document<'_>) -> Result<Vec<u8>, WriteError> {
    let mut file =
        File { pdf: Pdf::with_settings(Settings { pretty: false }), next: FIRST, pages: Vec::new() };
    let mut used = Used::default();
    file.write_pages(&mut document, &mut used)?;
    file.write_fonts(&used, document.setter.fonts())?;
    file.write_elements(&document.elements);
    let has_outline = file.write_outline(&document);

    let mut catalog = file.pdf.catalog(CATALOG);
    catalog.pages(PAGES).lang(TextStr(if document.is_chinese { "zh-CN" } else { "en" }));
    catalog.mark_info().marked(true);
    catalog.viewer_preferences().display_doc_title(!document.title.is_empty());
    catalog.pair(Name(b"StructTreeRoot"), TREE);
    if has_outline {
        catalog.outlines(OUTLINE);
    }
    catalog.finish();
    let mut info = file.pdf.document_info(INFO);
    if !document.title.is_empty() {
        info.title(TextStr(&document.title));
    }
    info.producer(TextStr("Inhouse"));
    info.finish();
    let id = Sha256::digest(file.pdf.as_bytes())[..16].to_vec();
    file.pdf.set_file_id((id.clone(), id));
    Ok(file.pdf.finish())
}

impl File {
    fn id(&mut self) -> Ref {
        let id = Ref::new(self.next);
        self.next += 1;
        id
    }

    fn write_pages(&mut self, document: &mut Document<'_>, used: &mut Used) -> Result<(), WriteError> {
        let pages = std::mem::take(&mut document.pages.done);
        let count = pages.len();
        let title = foot_line(&mut document.setter, &document.title)?;
        for (at, page) in pages.iter().enumerate() {
            let (width, height) = if page.is_lying { (LONG, SHORT) } else { (SHORT, LONG) };
            let mut writer = Writer::new(height, used, document.setter.fonts());
            for (top, moved, piece) in &page.pieces {
                for mark in &piece.marks {
                    writer.mark(mark, SIDE + moved, *top);
                }
            }
            let number = foot_line(&mut document.setter, &format!("{} / {count}", at + 1))?;
            for mark in foot(page.is_lying, number, (at > 0).then(|| title.clone())) {
                writer.mark(&mark, SIDE, height - BOTTOM);
            }
            let (content, marked) = writer.finish();
            self.write_page(&content, width, height, marked)?;
        }
        let mut tree = self.pdf.pages(PAGES);
        tree.count(i32::try_from(count).unwrap_or(i32::MAX));
        tree.kids(self.pages.iter().map(|(id, ..)| *id));
        Ok(())
    }

    fn write_outline(&mut self, document: &Document<'_>) -> bool {
        let places: Vec<Place> = document
            .pages
            .places
            .iter()
            .map(|(page, below)| {
                let (id, height, _) = &self.pages[*page];
                (*id, height - below)
            })
            .collect();
        let first = self.next;
        self.next += i32::try_from(places.len()).unwrap_or(i32::MAX);
        outline::write(&mut self.pdf, OUTLINE, first, &document.outline, &places)
    }

    fn write_page(
        &mut self,
        content: &[u8],
        width: f32,
        height: f32,
        marked: Vec<usize>,
    ) -> Result<(), WriteError> {
        let (id, stream) = (self.id(), self.id());
        let mut page = self.pdf.page(id);
        page.parent(PAGES).media_box(Rect::new(0.0, 0.0, width, height)).contents(stream);
        page.struct_parents(i32::try_from(self.pages.len()).unwrap_or(i32::MAX));
        page.pair(Name(b"Resources"), RESOURCES);
        page.finish();
        self.pdf.stream(stream, &embed::packed(content)?).filter(Filter::FlateDecode);
        self.pages.push((id, height, marked));
        Ok(())
    }

    fn write_fonts(&mut self, used: &Used, fonts: &Fonts) -> Result<(), WriteError> {
        let mut names = Vec::new();
        for (id, face) in &used.faces {
            let at = self.id();
            if let Some(program) = fonts.face(*id) {
                let next = &mut self.next;
                embed::font(&mut self.pdf, at, program, face, || {
                    *next += 1;
                    Ref::new(*next - 1)
                })?;
                names.push((face.name.as_str(), at));
            }
        }
        let mut resources = self.pdf.indirect(RESOURCES).dict();
        let mut dictionary = resources.insert(Name(b"Font")).dict();
        for (name, at) in names {
            dictionary.pair(Name(name.as_bytes()), at);
        }
        Ok(())
    }

    /// The tree of elements, and for each page which of them its stretches belong to.
    fn write_elements(&mut self, elements: &[Element]) {
        let first = self.next;
        self.next += i32::try_from(elements.len()).unwrap_or(i32::MAX);
        // There are fewer than numbers: the size of a document is bound.
        let id = |element: usize| Ref::new(first + element as i32);
        let mut within: Vec<Vec<usize>> = vec![Vec::new(); elements.len()];
        for (at, element) in elements.iter().enumerate().skip(1) {
            within[element.parent].push(at);
        }
        let mut stretches: Vec<Vec<(Ref, i32)>> = vec![Vec::new(); elements.len()];
        for (page, _, marked) in &self.pages {
            for (stretch, element) in (0..).zip(marked) {
                stretches[*element].push((*page, stretch));
            }
        }
        for (at, element) in elements.iter().enumerate() {
            let mut written = self.pdf.struct_element(id(at));
            written.kind(element.role.name());
            written.parent(if at == 0 { TREE } else { id(element.parent) });
            if element.role == Role::HeadCell {
                written.attributes().push().table().scope(TableHeaderScope::Column);
            }
            let own = stretches[at].first().map(|(page, _)| *page);
            if let Some(page) = own {
                written.page(page);
            }
            if within[at].is_empty() && stretches[at].is_empty() {
                continue;
            }
            let mut children = written.children();
            for &child in &within[at] {
                children.struct_element(id(child));
            }
            for (page, stretch) in &stretches[at] {
                if own == Some(*page) {
                    children.marked_content_id(*stretch);
                } else {
                    children.marked_content_ref().page(*page).marked_content_id(*stretch);
                }
            }
        }
        self.write_tree(id);
    }

    fn write_tree(&mut self, id: impl Fn(usize) -> Ref) {
        let mut lists = Vec::with_capacity(self.pages.len());
        for (_, _, marked) in &self.pages {
            let list = Ref::new(self.next);
            self.next += 1;
            self.pdf.indirect(list).array().items(marked.iter().map(|element| id(*element)));
            lists.push(list);
        }
        let mut tree = self.pdf.indirect(TREE).start::<pdf_writer::writers::StructTreeRoot<'_>>();
        tree.child(id(0));
        tree.parent_tree_next_key(i32::try_from(lists.len()).unwrap_or(i32::MAX));
        let mut parents = tree.parent_tree();
        let mut entries = parents.nums();
        for (page, list) in (0..).zip(lists) {
            entries.insert(page, list);
        }
    }
}

/// What stands below a page: its number, and the title unless it stands on the page itself.
fn foot(is_lying: bool, number: Line, title: Option<Line>) -> Vec<Mark> {
    /// Below the margin, in points.
    const RULE: f32 = 16.0;
    const BASELINE: f32 = 30.0;

    let width = text_width(is_lying);
    let text = |left, line| {
        let colour = SOFT_INK;
        Mark::Text(Text { left, baseline: BASELINE, size: FOOT, colour, line, element: None })
    };
    let mut marks = vec![Mark::Fill { left: 0.0, top: RULE, width, height: 0.5, colour: FAINT_RULE }];
    marks.push(text(width - number.width * FOOT, number));
    marks.extend(title.map(|title| text(0.0, title)));
    marks
}

/// As much of a text without line ends as has room below a page that stands.
fn foot_line(setter: &mut Setter<'_>, text: &str) -> Result<Line, WriteError> {
    let room = text_width(false) * 0.8 / FOOT;
    let line = whole_line(setter, text)?;
    if line.width <= room {
        return Ok(line);
    }
    let mut width = 0.0;
    let fits = line.glyphs.iter().take_while(|glyph| {
        width += glyph.advance;
        width <= room - 1.0
    });
    let beginning: String = fits.map(|glyph| glyph.c).collect();
    whole_line(setter, &format!("{}...", beginning.trim_end()))
}

fn whole_line(setter: &mut Setter<'_>, text: &str) -> Result<Line, WriteError> {
    let shaped = setter.shape(text, false, || "the foot of the pages".to_owned())?;
    let line = shaped.first().and_then(|shaped| shaped.lines(f32::INFINITY).into_iter().next());
    Ok(line.unwrap_or_default())
}
