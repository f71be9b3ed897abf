//! Chinese postal addresses that name the province, a road and the number of a house.

use super::{Kind, Seen};

const PROVINCES: &[&str] = &[
    "北京",
    "天津",
    "上海",
    "重庆",
    "河北",
    "山西",
    "辽宁",
    "吉林",
    "黑龙江",
    "江苏",
    "浙江",
    "安徽",
    "福建",
    "江西",
    "山东",
    "河南",
    "湖北",
    "湖南",
    "广东",
    "海南",
    "四川",
    "贵州",
    "云南",
    "陕西",
    "甘肃",
    "青海",
    "台湾",
    "内蒙古",
    "广西",
    "西藏",
    "宁夏",
    "新疆",
    "香港",
    "澳门",
];

/// Farthest from the province to the number of the house, in glyphs.
const REACH: usize = 40;
/// Most parts behind the house: building, entrance, floor, door.
const PARTS: usize = 5;

pub(super) fn scan(seen: &mut Seen) {
    let mut at = 0;
    while at < seen.glyphs.len() {
        match end(seen, at) {
            Some(end) => {
                seen.add(Kind::Address, at..end, false);
                at = end;
            }
            None => at += 1,
        }
    }
}

fn end(seen: &Seen, at: usize) -> Option<usize> {
    let glyphs = &seen.glyphs;
    let window = glyphs.slice(at..(at + REACH).min(glyphs.len()));
    let province =
        PROVINCES.iter().find(|name| name.chars().eq(window.iter().copied().take(name.chars().count())))?;
    let mut is_in_town = false;
    let mut road_before = false;
    for (offset, &c) in window.iter().enumerate().skip(province.chars().count()) {
        match c {
            '市' | '区' | '县' | '州' | '旗' | '镇' | '乡' => is_in_town = true,
            '号' if is_in_town && road_before => return Some(with_parts(seen, at + offset + 1)),
            _ => {}
        }
        road_before = match c {
            '路' | '街' | '道' | '巷' | '弄' | '里' | '村' => true,
            '同' => window.get(offset - 1) == Some(&'胡'),
            ' ' | '-' => road_before,
            c if c.is_ascii_digit() => road_before,
            '\u{4e00}'..='\u{9fff}' => false,
            _ => return None,
        };
    }
    None
}

/// `3 幢 2 单元 501 室`
fn with_parts(seen: &Seen, mut end: usize) -> usize {
    let glyphs = &seen.glyphs;
    for _ in 0..PARTS {
        let is_number = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-');
        let number = (end..).take(8).take_while(|&at| glyphs.get(at).is_some_and(is_number)).count();
        let unit = end + number;
        let length = match (glyphs.get(unit), glyphs.get(unit + 1)) {
            (Some('单'), Some('元')) | (Some('号'), Some('楼')) => 2,
            (Some('栋' | '幢' | '座' | '层' | '楼' | '室' | '号' | '户' | '院'), _) => 1,
            _ => return end,
        };
        if number == 0 {
            return end;
        }
        end = unit + length;
    }
    end
}
