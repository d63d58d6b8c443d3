//! The pictures: for each row, the time of each peer relative to mmf; and how the cost of operations grows.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::Result;
use crate::measure::Figures;
use crate::rows::Group;

/// The colours of a picture.
pub(crate) struct Scheme {
    name: &'static str,
    background: RGBColor,
    text: RGBColor,
    line: RGBColor,
    peers: [RGBColor; 10],
}

impl Scheme {
    pub(crate) const LIGHT: Scheme = Scheme {
        name: "light",
        background: RGBColor(255, 255, 255),
        text: RGBColor(31, 35, 40),
        line: RGBColor(208, 215, 222),
        peers: [
            RGBColor(31, 35, 40),
            RGBColor(9, 105, 218),
            RGBColor(207, 34, 46),
            RGBColor(26, 127, 55),
            RGBColor(154, 103, 0),
            RGBColor(130, 80, 223),
            RGBColor(191, 57, 137),
            RGBColor(87, 96, 106),
            RGBColor(5, 150, 150),
            RGBColor(188, 76, 0),
        ],
    };
    pub(crate) const DARK: Scheme = Scheme {
        name: "dark",
        background: RGBColor(13, 17, 23),
        text: RGBColor(230, 237, 243),
        line: RGBColor(48, 54, 61),
        peers: [
            RGBColor(230, 237, 243),
            RGBColor(88, 166, 255),
            RGBColor(255, 123, 114),
            RGBColor(63, 185, 80),
            RGBColor(210, 153, 34),
            RGBColor(188, 140, 255),
            RGBColor(247, 120, 186),
            RGBColor(139, 148, 158),
            RGBColor(57, 197, 207),
            RGBColor(255, 166, 87),
        ],
    };
}

/// The file name of the picture of a group.
pub(crate) fn file(group: &str, scheme: &Scheme) -> String {
    format!("{group}-{}.svg", scheme.name)
}

/// The order in which peers get their colours, so that a peer has the same colour in every picture.
const PEERS: [&str; 10] = [
    "floor",
    "Boost",
    ".NET",
    "Python",
    "shared_memory",
    "baseline",
    "version 1",
    "Content cmdlets",
    "named pipe",
    "small map",
];

const WIDTH: u32 = 900;
const LABELS: i32 = 230;
const HEAD: i32 = 70;
const LINE: i32 = 34;
const FOOT: i32 = 40;

/// The picture of a group; `None` if none of its rows was measured.
pub(crate) fn times(group: &Group, figures: &[Figures], scheme: &Scheme) -> Result<Option<String>> {
    let rows: Vec<(&str, &Figures)> = group
        .rows
        .iter()
        .filter_map(|row| figures.iter().find(|it| it.row == row.id).map(|it| (row.title, it)))
        .collect();
    if rows.is_empty() {
        return Ok(None);
    }
    let mut picture = String::new();
    let height = (HEAD + LINE * rows.len() as i32 + FOOT) as u32;
    {
        let area = SVGBackend::with_string(&mut picture, (WIDTH, height)).into_drawing_area();
        draw(&area, &rows, scheme).map_err(|error| format!("the picture {}: {error}", group.id))?;
        area.present().map_err(|error| format!("the picture {}: {error}", group.id))?;
    }
    Ok(Some(picture))
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = std::result::Result<(), DrawingAreaErrorKind<std::io::Error>>;

fn draw(area: &Area<'_>, rows: &[(&str, &Figures)], scheme: &Scheme) -> Drawn {
    area.fill(&scheme.background)?;
    let shares = |figures: &Figures| -> Vec<(usize, f64)> {
        let known = PEERS.iter().enumerate();
        known.filter_map(|(place, peer)| Some((place, 1.0 / figures.ratio(peer)?))).collect()
    };
    // Powers of ten around all values; mmf itself is at 1.
    let (mut low, mut high) = (0.0_f64, 0.0_f64);
    for (_, figures) in rows {
        for (_, share) in shares(figures) {
            low = low.min(share.log10().floor());
            high = high.max(share.log10().ceil());
        }
    }
    if high - low < 1.0 {
        high = low + 1.0;
    }
    let width = f64::from(WIDTH as i32 - LABELS - 30);
    let x = |share: f64| LABELS + ((share.log10() - low) / (high - low) * width).round() as i32;
    let bottom = HEAD + LINE * rows.len() as i32;

    let font = |size: i32, colour: RGBColor| ("sans-serif", size).into_font().color(&colour);
    let centred = |size| font(size, scheme.text).pos(Pos::new(HPos::Center, VPos::Top));
    for power in low as i32..=high as i32 {
        let at = x(10_f64.powi(power));
        area.draw(&PathElement::new([(at, HEAD - 6), (at, bottom)], scheme.line.stroke_width(1)))?;
        let label = match power {
            0.. => format!("{}x", 10_i64.pow(power as u32)),
            _ => format!("0.{}1x", "0".repeat((-power - 1) as usize)),
        };
        area.draw(&Text::new(label, (at, bottom + 6), centred(13)))?;
    }
    let ours = x(1.0);
    area.draw(&PathElement::new([(ours, HEAD - 6), (ours, bottom)], scheme.text.stroke_width(2)))?;
    area.draw(&Text::new(
        "mmf = 1x; peers to the right are slower than mmf",
        (LABELS, 8),
        font(14, scheme.text),
    ))?;

    let right = |size| font(size, scheme.text).pos(Pos::new(HPos::Right, VPos::Center));
    let mut seen = [false; PEERS.len()];
    for (number, (title, figures)) in rows.iter().enumerate() {
        let y = HEAD + LINE * number as i32 + LINE / 2;
        area.draw(&Text::new((*title).to_owned(), (LABELS - 16, y), right(14)))?;
        area.draw(&PathElement::new(
            [(LABELS, y), (WIDTH as i32 - 30, y)],
            scheme.line.stroke_width(1),
        ))?;
        for (place, share) in shares(figures) {
            seen[place] = true;
            area.draw(&Circle::new((x(share), y), 6, scheme.peers[place].filled()))?;
        }
    }
    let mut at = LABELS;
    for (place, peer) in PEERS.iter().enumerate().filter(|(place, _)| seen[*place]) {
        area.draw(&Circle::new((at + 6, 42), 6, scheme.peers[place].filled()))?;
        area.draw(&Text::new((*peer).to_owned(), (at + 18, 35), font(13, scheme.text)))?;
        at += 40 + 7 * peer.len() as i32;
    }
    Ok(())
}

/// How the cost of operations grows.
pub(crate) struct Lines {
    pub(crate) title: &'static str,
    /// Each point of the axis with its label.
    pub(crate) points: Vec<(f64, String)>,
    /// Each operation with its nanoseconds at the points.
    pub(crate) lines: Vec<(&'static str, Vec<f64>)>,
}

const PLOT_HEIGHT: i32 = 300;
const PLOT_LEFT: i32 = 80;

/// The picture of growing costs; both scales are logarithmic.
pub(crate) fn growth(lines: &Lines, scheme: &Scheme) -> Result<String> {
    let mut picture = String::new();
    {
        let height = (HEAD + PLOT_HEIGHT + FOOT) as u32;
        let area = SVGBackend::with_string(&mut picture, (WIDTH, height)).into_drawing_area();
        let failed = |error| format!("the picture of {}: {error}", lines.title);
        draw_growth(&area, lines, scheme).map_err(failed)?;
        area.present().map_err(failed)?;
    }
    Ok(picture)
}

fn draw_growth(area: &Area<'_>, lines: &Lines, scheme: &Scheme) -> Drawn {
    area.fill(&scheme.background)?;
    let (mut low, mut high) = (f64::MAX, f64::MIN);
    for time in lines.lines.iter().flat_map(|(_, times)| times) {
        low = low.min(time.log10().floor());
        high = high.max(time.log10().ceil());
    }
    let (Some((first, _)), Some((last, _))) = (lines.points.first(), lines.points.last()) else {
        return Ok(());
    };
    let (right_end, bottom) = (WIDTH as i32 - 40, HEAD + PLOT_HEIGHT);
    let along = (last.log10() - first.log10()).max(1e-9);
    let width = f64::from(right_end - PLOT_LEFT);
    let x = |at: f64| PLOT_LEFT + ((at.log10() - first.log10()) / along * width).round() as i32;
    let up = f64::from(PLOT_HEIGHT) / (high - low).max(1.0);
    let y = |time: f64| bottom - ((time.log10() - low) * up).round() as i32;

    let font = |size: i32| ("sans-serif", size).into_font().color(&scheme.text);
    area.draw(&Text::new(format!("{}: time per call", lines.title), (PLOT_LEFT, 8), font(14)))?;
    for power in low as i32..=high as i32 {
        let time = 10_f64.powi(power);
        let at = y(time);
        area.draw(&PathElement::new(
            [(PLOT_LEFT, at), (right_end, at)],
            scheme.line.stroke_width(1),
        ))?;
        let label = font(13).pos(Pos::new(HPos::Right, VPos::Center));
        area.draw(&Text::new(scale(power), (PLOT_LEFT - 8, at), label))?;
    }
    for (at, name) in &lines.points {
        let at = x(*at);
        area.draw(&PathElement::new([(at, HEAD), (at, bottom)], scheme.line.stroke_width(1)))?;
        let label = font(13).pos(Pos::new(HPos::Center, VPos::Top));
        area.draw(&Text::new(name.clone(), (at, bottom + 8), label))?;
    }
    let mut legend = PLOT_LEFT;
    for ((title, times), colour) in lines.lines.iter().zip(scheme.peers.iter().skip(1)) {
        let points: Vec<(i32, i32)> =
            lines.points.iter().zip(times).map(|((at, _), time)| (x(*at), y(*time))).collect();
        for point in &points {
            area.draw(&Circle::new(*point, 4, colour.filled()))?;
        }
        area.draw(&PathElement::new(points, colour.stroke_width(2)))?;
        area.draw(&Circle::new((legend + 6, 42), 6, colour.filled()))?;
        area.draw(&Text::new((*title).to_owned(), (legend + 18, 35), font(13)))?;
        legend += 40 + 7 * title.len() as i32;
    }
    Ok(())
}

/// The label of a power of ten of nanoseconds.
fn scale(power: i32) -> String {
    let (unit, less) = match power {
        9.. => ("s", 9),
        6.. => ("ms", 6),
        3.. => ("µs", 3),
        _ => ("ns", 0),
    };
    format!("{} {unit}", 10_f64.powi(power - less))
}
