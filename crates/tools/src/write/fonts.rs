//! Fonts of this machine, for documents that carry their glyphs with them.

mod face;
mod folders;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde::Deserialize;

pub(super) use face::Face;

/// The known fonts that are there, the best first. A file is read when a character first asks for it,
/// and then kept: up to some tens of megabytes for a Chinese font.
pub struct Fonts {
    families: Vec<Family>,
    /// Which families are asked for Latin text, and in which order.
    latin: Vec<u16>,
    /// The same for Chinese text.
    han: Vec<u16>,
}

/// What a text is mainly written in; it decides who sets a character that several fonts have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Writing {
    Latin,
    Han,
}

/// A glyph in one of the faces.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Glyph {
    pub(super) face: FaceId,
    pub(super) id: u16,
    /// How far the next one stands behind it, in ems.
    pub(super) advance: f32,
    /// The same as its font has it.
    pub(super) width: f32,
    /// What it stands for.
    pub(super) c: char,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct FaceId {
    family: u16,
    is_bold: bool,
}

struct Family {
    name: String,
    files: Vec<PathBuf>,
    /// Regular and bold.
    faces: OnceLock<Option<[Face; 2]>>,
}

/// `known.toml`.
#[derive(Deserialize)]
struct Known {
    latin: Vec<KnownFamily>,
    han: Vec<KnownFamily>,
    rare: Vec<KnownFamily>,
}

#[derive(Deserialize)]
struct KnownFamily {
    family: String,
    files: Vec<String>,
}

impl Fonts {
    /// Those in the folders of the operating system and of its user. It looks at names only, and may
    /// find none: what a document then lacks is told when it is written.
    pub fn of_system() -> Self {
        Self::of_folders(&folders::of_system())
    }

    /// Those beneath these folders.
    pub fn of_folders(folders: &[PathBuf]) -> Self {
        let known: Known =
            toml::from_str(include_str!("fonts/known.toml")).expect("known.toml is well formed");
        let files: Vec<(String, PathBuf)> =
            folders::files(folders).into_iter().map(|path| (stem(&path), path)).collect();
        let mut families = Vec::new();
        let mut found = |list: Vec<KnownFamily>| {
            // The list of known families is short.
            let from = families.len() as u16;
            for known in list {
                let files: Vec<PathBuf> = files
                    .iter()
                    .filter(|(stem, _)| known.files.contains(stem))
                    .map(|(_, path)| path.clone())
                    .collect();
                if !files.is_empty() {
                    families.push(Family { name: known.family, files, faces: OnceLock::new() });
                }
            }
            from..families.len() as u16
        };
        let (latin, han, rare) = (found(known.latin), found(known.han), found(known.rare));
        let order = |lists: [&std::ops::Range<u16>; 3]| lists.into_iter().cloned().flatten().collect();
        Self { latin: order([&latin, &rare, &han]), han: order([&han, &latin, &rare]), families }
    }

    /// The glyph of the first face that has one.
    pub(super) fn glyph(&self, c: char, is_bold: bool, writing: Writing) -> Option<Glyph> {
        let order = match writing {
            Writing::Latin => &self.latin,
            Writing::Han => &self.han,
        };
        order.iter().find_map(|&family| {
            let face = FaceId { family, is_bold };
            let (id, width) = self.face(face)?.glyph(c)?;
            Some(Glyph { face, id, advance: width, width, c })
        })
    }

    pub(super) fn face(&self, id: FaceId) -> Option<&Face> {
        let family = self.families.get(usize::from(id.family))?;
        let faces = family.faces.get_or_init(|| face::pair(&family.name, &family.files));
        faces.as_ref().map(|faces| &faces[usize::from(id.is_bold)])
    }
}

impl fmt::Debug for Fonts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.families.iter().map(|family| &family.name)).finish()
    }
}

/// The beginning of a file's name, as `known.toml` has it.
fn stem(path: &Path) -> String {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().to_lowercase()).unwrap_or_default();
    stem.split(['-', '_', '[', ' ']).next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_the_beginning_of_its_name() {
        for (name, known) in [
            ("NotoSansCJK-Regular.ttc", "notosanscjk"),
            ("NotoSans[wdth,wght].ttf", "notosans"),
            ("STHeiti Light.ttc", "stheiti"),
            ("msyhbd.ttc", "msyhbd"),
        ] {
            assert_eq!(stem(Path::new(name)), known);
        }
    }

    #[test]
    fn without_fonts_there_are_no_glyphs() {
        let empty = tempfile::tempdir().expect("a folder");
        let fonts = Fonts::of_folders(&[empty.path().to_owned(), PathBuf::from("/nowhere")]);
        assert_eq!(fonts.glyph('a', false, Writing::Latin), None);
    }

    #[test]
    fn a_file_that_is_no_font_is_passed_over() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["NotoSans-Regular.ttf", "NotoSansCJK-Regular.ttc"] {
            std::fs::write(folder.path().join(name), b"ttcf\0\x01\0\0\xff\xff\xff\xff no font")
                .expect("it is written");
        }
        let fonts = Fonts::of_folders(&[folder.path().to_owned()]);
        assert_eq!(fonts.glyph('a', true, Writing::Latin), None);
    }
}
