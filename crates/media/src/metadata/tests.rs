use super::*;

/// EXIF with a GPS version and an orientation, in either order of bytes.
fn exif(little: bool, orientation: u16) -> Vec<u8> {
    let short = |n: u16| if little { n.to_le_bytes() } else { n.to_be_bytes() };
    let long = |n: u32| if little { n.to_le_bytes() } else { n.to_be_bytes() };
    let entry =
        |tag, kind, value| [&short(tag)[..], &short(kind), &long(1), &short(value), &short(0)].concat();
    let head = if little { b"II*\0" } else { b"MM\0*" };
    let entries = [entry(0x0100, 3, 640), entry(0x0112, 3, orientation), entry(0x8825, 4, 0)].concat();
    [&head[..], &long(8), &short(3), &entries, &long(0), "25.0330N 121.5654E".as_bytes()].concat()
}

fn segment(marker: u8, contents: &[u8]) -> Vec<u8> {
    let length = u16::try_from(contents.len() + 2).unwrap().to_be_bytes();
    [&[0xFF, marker], &length[..], contents].concat()
}

fn format(content_type: &str) -> &'static Format {
    Format::of_type(content_type).unwrap()
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// The beginning of a JPEG up to its metadata, and the rest of it behind.
fn jpeg(metadata: &[u8]) -> Vec<u8> {
    let frame = segment(0xC0, &[8, 0, 4, 0, 6, 1, 1, 0x11, 0]);
    let scan = [segment(0xDA, &[1, 1, 0, 0, 63, 0]), b"pixels\xFF\0\xFF\xD0more\xFF\xD9".to_vec()].concat();
    [b"\xFF\xD8".to_vec(), segment(0xE0, b"JFIF\0"), metadata.to_vec(), frame, scan].concat()
}

#[test]
fn an_orientation_is_read_in_either_order_of_bytes() {
    for little in [true, false] {
        assert_eq!(Orientation::read(&exif(little, 6)), Some(Orientation(6)));
        for none in [0, 9, 0x0106] {
            assert_eq!(Orientation::read(&exif(little, none)), None, "{none}");
        }
    }
    assert_eq!(Orientation::read(&Orientation(8).exif()), Some(Orientation(8)));
    for broken in [&b""[..], b"II*\0", b"MM\0*\xFF\xFF\xFF\xFF", b"II*\0\x08\0\0\0\xFF\xFF\0"] {
        assert_eq!(Orientation::read(broken), None, "{broken:?}");
    }
}

#[test]
fn a_jpeg_says_no_more_than_how_it_is_turned() {
    let profile = segment(0xE2, b"ICC_PROFILE\0\x01\x01colours");
    let metadata = [
        segment(0xE1, &[b"Exif\0\0".to_vec(), exif(true, 6)].concat()),
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>Taipei"),
        segment(0xE2, b"MPF\0II*\0Taipei"),
        profile.clone(),
        segment(0xED, b"Photoshop 3.0\0Taipei"),
        segment(0xEE, b"Adobe\0"),
        segment(0xFE, b"Taipei"),
    ];
    let bytes = [jpeg(&metadata.concat()), jpeg(&metadata.concat())].concat();
    let cleaned = clean(format("image/jpeg"), &bytes.into()).unwrap();
    assert_eq!(cleaned.orientation, Some(Orientation(6)));
    assert!(Orientation(6).is_sideways() && !Orientation(4).is_sideways());
    for gone in ["Taipei", "121.5654E"] {
        assert!(!has(&cleaned.bytes, gone), "{gone}");
    }
    let kept = Jpeg::from_bytes(cleaned.bytes.clone()).unwrap();
    assert_eq!(kept.exif(), Some(Orientation(6).exif()));
    assert_eq!(kept.icc_profile(), Some(Bytes::from_static(b"colours")));
    assert!(has(&cleaned.bytes, "Adobe") && cleaned.bytes.ends_with(b"more\xFF\xD9"));
    let again = clean(format("image/jpeg"), &cleaned.bytes.clone()).unwrap();
    assert_eq!(again.bytes, cleaned.bytes, "what is clean stays as it is");
    let plain = jpeg(&profile);
    assert_eq!(clean(format("image/jpeg"), &plain.clone().into()).unwrap().bytes, plain);
}

#[test]
fn a_png_and_a_webp_say_no_more_either() {
    let chunk =
        |kind: &[u8; 4], data: &[u8]| img_parts::png::PngChunk::new(*kind, Bytes::copy_from_slice(data));
    let mut png =
        Png::from_bytes(png_of(&[chunk(b"IHDR", &[0; 13]), chunk(b"IDAT", b"pixels"), chunk(b"IEND", b"")]))
            .unwrap();
    let plain = png.clone().encoder().bytes();
    assert_eq!(clean(format("image/png"), &plain.clone()).unwrap().bytes, plain);
    for kind in [b"tEXt", b"zTXt", b"iTXt", b"tIME"] {
        png.chunks_mut().insert(1, chunk(kind, b"Taipei"));
    }
    png.set_exif(Some(exif(false, 1).into()));
    let cleaned = clean(format("image/png"), &png.encoder().bytes()).unwrap();
    assert_eq!(cleaned.bytes, plain);

    let data = |id: &[u8; 4], data: &[u8]| {
        let length = u32::try_from(data.len()).unwrap().to_le_bytes();
        [&id[..], &length, data].concat()
    };
    let chunks = [
        data(b"VP8X", &[0b1100, 0, 0, 0, 5, 0, 0, 3, 0, 0]),
        data(b"VP8L", b"\x2f\0\0\0\0\0"),
        data(b"EXIF", &exif(true, 3)),
        data(b"XMP ", b"Taipei"),
    ];
    let webp = data(b"RIFF", &[&b"WEBP"[..], &chunks.concat()].concat());
    let cleaned = clean(format("image/webp"), &webp.into()).unwrap();
    assert!(!has(&cleaned.bytes, "Taipei") && !has(&cleaned.bytes, "121.5654E"));
    assert_eq!(WebP::from_bytes(cleaned.bytes).unwrap().exif(), Some(Orientation(3).exif()));
}

#[test]
fn a_png_that_is_cut_off_or_goes_on_says_no_more_either() {
    let chunk =
        |kind: &[u8; 4], data: &[u8]| img_parts::png::PngChunk::new(*kind, Bytes::copy_from_slice(data));
    let [head, text, pixels, end] =
        [chunk(b"IHDR", &[0; 13]), chunk(b"tEXt", b"Taipei"), chunk(b"IDAT", b"pixels"), chunk(b"IEND", b"")];
    let whole = png_of(&[head.clone(), text, pixels.clone(), end.clone()]);
    let plain = png_of(&[head, pixels, end]);
    let cleaned = |bytes: Vec<u8>| clean(format("image/png"), &bytes.into()).map(|cleaned| cleaned.bytes);
    assert_eq!(cleaned([&whole[..], b"<script>"].concat()).unwrap(), plain);
    assert_eq!(cleaned(whole[..whole.len() - 15].to_vec()).unwrap(), plain[..plain.len() - 15]);
    assert_eq!(cleaned(plain[..plain.len() - 15].to_vec()), None, "there is nothing to remove");
}

fn png_of(chunks: &[img_parts::png::PngChunk]) -> Bytes {
    let encoded = chunks.iter().map(|chunk| chunk.clone().encoder().bytes());
    std::iter::once(Bytes::from_static(b"\x89PNG\r\n\x1a\n"))
        .chain(encoded)
        .collect::<Vec<_>>()
        .concat()
        .into()
}

#[test]
fn what_is_no_picture_is_left_alone() {
    for content_type in ["image/jpeg", "image/png", "image/webp", "image/gif", "application/pdf"] {
        for bytes in [
            &b""[..],
            b"dummy",
            b"\xFF\xD8\xFF\xE1\xFF",
            b"\x89PNG\r\n\x1a\n\0\0",
            b"RIFF\xFF\xFF\xFF\xFFWEBP",
        ] {
            assert!(
                clean(format(content_type), &Bytes::from_static(bytes)).is_none(),
                "{content_type} {bytes:?}"
            );
        }
    }
}
