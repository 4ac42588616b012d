use super::*;

fn boxed(kind: [u8; 4], contents: &[u8]) -> Vec<u8> {
    let length = u32::try_from(contents.len() + 8).unwrap().to_be_bytes();
    [&length[..], &kind, contents].concat()
}

fn mvhd(scale: u32, duration: u32) -> Vec<u8> {
    boxed(*b"mvhd", &[&[0; 12][..], &scale.to_be_bytes(), &duration.to_be_bytes(), &[0; 80]].concat())
}

/// The header of a track, whose matrix begins with these two numbers.
fn tkhd(matrix: [u32; 2], width: u32, height: u32) -> Vec<u8> {
    let matrix = [matrix[0].to_be_bytes(), matrix[1].to_be_bytes()].concat();
    let size = [(width << 16).to_be_bytes(), (height << 16).to_be_bytes()].concat();
    boxed(*b"tkhd", &[&[0; 40][..], &matrix, &[0; 28], &size].concat())
}

/// Cleans a file, and returns what is in it then.
fn cleaned(bytes: &[u8]) -> (Vec<u8>, Header) {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    let header = clean(&mut file).unwrap();
    let mut after = Vec::new();
    file.rewind().unwrap();
    file.read_to_end(&mut after).unwrap();
    (after, header)
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn what_says_where_a_film_was_made_is_blank_and_nothing_moves() {
    let place = boxed(*b"\xA9xyz", b"+25.0330+121.5654/");
    let udta = boxed(*b"udta", &[place, boxed(*b"loci", b"Taipei")].concat());
    let meta = boxed(*b"meta", b"com.apple.quicktime.location.ISO6709 Taipei");
    let track = boxed(*b"trak", &[tkhd([0x1_0000, 0], 640, 480), udta.clone(), meta.clone()].concat());
    let moov = boxed(*b"moov", &[mvhd(600, 900), track, udta.clone(), meta.clone()].concat());
    let parts = [
        boxed(*b"ftyp", b"isom"),
        boxed(*b"mdat", b"meta udta in the film"),
        moov,
        boxed(*b"uuid", b"Taipei"),
    ];
    let film = [parts.concat(), boxed(*b"moof", &boxed(*b"traf", &udta))].concat();
    let (after, header) = cleaned(&film);
    assert_eq!(header, Header { duration_ms: Some(1500), size: Some((640, 480)) });
    assert_eq!(after.len(), film.len());
    for gone in ["Taipei", "+25.0330", "loci", "uuid"] {
        assert!(has(&film, gone) && !has(&after, gone), "{gone}");
    }
    assert!(has(&after, "meta udta in the film") && has(&after, "free"));
    assert_eq!(cleaned(&after), (after.clone(), header));
}

#[test]
fn a_film_on_its_side_is_as_high_as_it_is_wide() {
    let track = |matrix, width, height| boxed(*b"trak", &tkhd(matrix, width, height));
    let sound = track([0x1_0000, 0], 0, 0);
    let moov = boxed(*b"moov", &[sound, track([0, 0x1_0000], 1920, 1080)].concat());
    assert_eq!(cleaned(&moov).1.size, Some((1080, 1920)));
}

#[test]
fn a_duration_is_said_or_not_known() {
    let of = |mvhd: Vec<u8>| cleaned(&boxed(*b"moov", &mvhd)).1.duration_ms;
    assert_eq!(of(mvhd(1000, 1)), Some(1));
    for (scale, duration) in [(0, 5), (1000, 0), (1000, u32::MAX)] {
        assert_eq!(of(mvhd(scale, duration)), None);
    }
    let long = [&[1][..], &[0; 19], &1000_u32.to_be_bytes(), &90_000_u64.to_be_bytes()].concat();
    assert_eq!(of(boxed(*b"mvhd", &long)), Some(90_000));
    assert_eq!(of(boxed(*b"mvhd", b"short")), None);
}

#[test]
fn sizes_in_either_form_are_followed_and_broken_ones_end_it() {
    let large = |kind: &[u8; 4], contents: &[u8]| {
        let length = (contents.len() as u64 + 16).to_be_bytes();
        [&[0, 0, 0, 1][..], kind, &length, contents].concat()
    };
    let to_the_end = [&[0, 0, 0, 0][..], b"udta", b"Taipei"].concat();
    let (after, _) = cleaned(&[large(b"mdat", b"film"), large(b"meta", b"Taipei"), to_the_end].concat());
    assert!(!has(&after, "Taipei"));
    let beyond = [&[0, 0, 0, 99][..], b"udta", b"Taipei"].concat();
    for broken in [&b"dummy bytes"[..], b"", b"\0\0\0\x04udta", &beyond, &[0; 64]] {
        assert_eq!(cleaned(broken), (broken.to_vec(), Header::default()), "{broken:?}");
    }
    let deep = (0..40).fold(boxed(*b"udta", b"x"), |inner, _| boxed(*b"moov", &inner));
    assert_eq!(cleaned(&deep).0.len(), deep.len());
}
