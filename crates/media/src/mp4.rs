//! Films and sounds in MP4 and `QuickTime`: where and with what they were made is blanked out, and what their headers
//! say is read (ISO/IEC 14496-12).

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

/// What the headers say.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Header {
    /// How long it lasts, in milliseconds.
    pub(crate) duration_ms: Option<i64>,
    /// The width and height of the film as it is shown, in pixels.
    pub(crate) size: Option<(i32, i32)>,
}

/// Boxes that contain boxes, some of which say more than how the film is played.
const CONTAINERS: &[&[u8; 4]] = &[b"moov", b"trak", b"mdia", b"minf", b"moof", b"traf"];

/// Boxes that say where, when and with what a film was made: places, cameras, XMP.
const METADATA: &[&[u8; 4]] = &[b"udta", b"meta", b"uuid"];

/// Boxes in boxes that are looked into.
const DEPTH_MAX: u8 = 6;

/// Boxes that are looked at, of which a film has some dozens, and one in fragments some thousands.
const BOXES_MAX: u32 = 100_000;

/// Makes every box of metadata free space, and returns what the headers say; a file without boxes stays as it is.
pub(crate) fn clean(file: &mut File) -> io::Result<Header> {
    let end = file.seek(SeekFrom::End(0))?;
    let mut reading = Reading { file, header: Header::default(), boxes: 0 };
    reading.level(0, end, 0)?;
    Ok(reading.header)
}

struct Reading<'a> {
    file: &'a mut File,
    header: Header,
    boxes: u32,
}

/// Where a box is.
struct Place {
    kind: [u8; 4],
    start: u64,
    contents: u64,
    end: u64,
}

impl Reading<'_> {
    fn level(&mut self, mut at: u64, end: u64, depth: u8) -> io::Result<()> {
        while let Some(place) = self.find(at, end)? {
            self.boxes += 1;
            if self.boxes > BOXES_MAX {
                return Ok(());
            }
            at = place.end;
            match &place.kind {
                kind if METADATA.contains(&kind) => self.blank(&place)?,
                kind if CONTAINERS.contains(&kind) && depth < DEPTH_MAX => {
                    self.level(place.contents, place.end, depth + 1)?;
                }
                b"mvhd" => self.header.duration_ms = duration(&self.head(&place)?),
                b"tkhd" => {
                    let size = size(&self.head(&place)?);
                    self.header.size = self.header.size.or(size);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Finds the box that begins here; nothing where no whole box does.
    fn find(&mut self, start: u64, end: u64) -> io::Result<Option<Place>> {
        if end.saturating_sub(start) < 8 {
            return Ok(None);
        }
        let head = self.read(start, 16.min(end - start))?;
        let number = |from: usize, to: usize| head.get(from..to).map(joined);
        let (contents, length) = match number(0, 4) {
            Some(0) => (8, Some(end - start)),
            Some(1) => (16, number(8, 16)),
            short => (8, short),
        };
        let kind = head.get(4..8).and_then(|kind| <[u8; 4]>::try_from(kind).ok());
        let (Some(length), Some(kind)) = (length, kind) else { return Ok(None) };
        let is_whole = length >= contents && length <= end - start;
        Ok(is_whole.then_some(Place { kind, start, contents: start + contents, end: start + length }))
    }

    /// The first bytes of what a box contains.
    fn head(&mut self, place: &Place) -> io::Result<Vec<u8>> {
        self.read(place.contents, (place.end - place.contents).min(128))
    }

    fn read(&mut self, at: u64, length: u64) -> io::Result<Vec<u8>> {
        self.file.seek(SeekFrom::Start(at))?;
        let mut bytes = Vec::new();
        Read::by_ref(self.file).take(length).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn blank(&mut self, place: &Place) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(place.start + 4))?;
        self.file.write_all(b"free")?;
        self.file.seek(SeekFrom::Start(place.contents))?;
        io::copy(&mut io::repeat(0).take(place.end - place.contents), self.file)?;
        Ok(())
    }
}

fn joined(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

/// Reads a duration out of a movie header (section 8.2.2).
fn duration(head: &[u8]) -> Option<i64> {
    let (scale, length, unknown) = match head.first()? {
        1 => (head.get(20..24)?, head.get(24..32)?, u64::MAX),
        _ => (head.get(12..16)?, head.get(16..20)?, u64::from(u32::MAX)),
    };
    let length = Some(joined(length)).filter(|length| *length != 0 && *length != unknown)?;
    i64::try_from(u128::from(length) * 1000 / u128::from(Some(joined(scale)).filter(|scale| *scale != 0)?))
        .ok()
}

/// Reads width and height out of a track header (section 8.3.2), whose matrix may turn the film on its side.
fn size(head: &[u8]) -> Option<(i32, i32)> {
    let matrix = if *head.first()? == 1 { 52 } else { 40 };
    let whole = |from: usize| head.get(from..from + 4).map(|fixed| joined(fixed) >> 16);
    let side = |from: usize| whole(from).and_then(|side| i32::try_from(side).ok()).filter(|side| *side > 0);
    let (width, height) = (side(matrix + 36)?, side(matrix + 40)?);
    let is_sideways = whole(matrix) == Some(0) && whole(matrix + 4) != Some(0);
    Some(if is_sideways { (height, width) } else { (width, height) })
}

#[cfg(test)]
mod tests;
