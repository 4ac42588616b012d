use super::*;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";
const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF\0";
const ZIP: &[u8] = b"PK\x03\x04\x14\0\0\0\x08\0";
const OLE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0";

fn judge(declared: &str, name: &str, head: &[u8]) -> Option<&'static str> {
    let claim = Claim::read(Some(declared).filter(|d| !d.is_empty()), name).ok()?;
    settle(&claim, head).ok().map(|format| format.extension)
}

#[test]
fn recognised_content_is_taken_under_its_own_name() {
    let mp4 = |brand: &[u8]| [b"\0\0\0\x20ftyp", brand, b"\0\0\0\0"].concat();
    for (declared, head, extension) in [
        ("image/png", PNG, "png"),
        ("image/jpeg", JPEG, "jpg"),
        ("image/gif", b"GIF89a\x01\0\x01\0", "gif"),
        ("image/webp", b"RIFF\x24\0\0\0WEBPVP8 ", "webp"),
        ("audio/mpeg", b"ID3\x04\0\0", "mp3"),
        ("audio/mpeg", b"\xff\xfb\x90\x44\0\0", "mp3"),
        ("audio/ogg; codecs=opus", b"OggS\0\x02", "ogg"),
        ("audio/x-wav", b"RIFF\x24\0\0\0WAVEfmt ", "wav"),
        ("audio/mp4", &mp4(b"M4A "), "m4a"),
        ("audio/mp4", &mp4(b"iso5"), "m4a"),
        ("audio/webm;codecs=opus", b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01", "weba"),
        ("video/webm", b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01", "webm"),
        ("video/mp4", &mp4(b"isom"), "mp4"),
        ("video/quicktime", &mp4(b"qt  "), "mov"),
        ("application/pdf", b"%PDF-1.7\n", "pdf"),
        ("application/zip", ZIP, "zip"),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ZIP, "docx"),
        ("application/vnd.ms-excel", OLE, "xls"),
        ("text/plain", "今天天氣很好。\r\n\tMZ".as_bytes(), "txt"),
        ("text/csv", b"name,age\nMei,7\n", "csv"),
    ] {
        assert_eq!(judge(declared, "", head), Some(extension), "{declared}");
        let named = format!("檔案.{extension}");
        assert_eq!(judge("application/octet-stream", &named, head), Some(extension), "{named}");
    }
}

#[test]
fn without_any_claim_the_content_alone_decides() {
    assert_eq!(judge("", "", PNG), Some("png"));
    assert_eq!(judge("application/octet-stream", "noext", b"%PDF-1.4"), Some("pdf"));
    assert_eq!(judge("", "report.docx", ZIP), Some("docx"));
    assert_eq!(judge("", "unknown.bin", b"\x01\x02\x03\x04"), None);
    assert_eq!(judge("", "", "只有文字".as_bytes()), None);
}

#[test]
fn unidentifiable_bytes_of_a_safe_type_are_taken() {
    for (declared, extension) in [
        ("image/png", "png"),
        ("image/jpeg", "jpg"),
        ("audio/mpeg", "mp3"),
        ("video/mp4", "mp4"),
        ("application/pdf", "pdf"),
        ("text/plain", "txt"),
    ] {
        for bytes in [&b"dummy content"[..], &[0; 64], b"\x01", b"0123456789"] {
            assert_eq!(judge(declared, "x", bytes), Some(extension), "{declared} {bytes:?}");
        }
    }
    let big5 = b"\xa4\xa4\xa4\xe5\r\n";
    assert_eq!(judge("text/plain", "中文.txt", big5), Some("txt"));
    assert_eq!(judge("text/plain", "", b"\xff\xfe\x2d\x4e\x87\x65"), Some("txt"));
}

#[test]
fn what_contradicts_its_claim_is_opaque() {
    for (declared, head) in [
        ("image/jpeg", PNG),
        ("image/png", JPEG),
        ("image/png", b"%PDF-1.7"),
        ("application/pdf", PNG),
        ("text/plain", PNG),
        ("audio/mpeg", ZIP),
        ("video/mp4", b"OggS\0\x02"),
        ("image/png", b"RIFF\x24\0\0\0AVI LIST"),
        ("image/jpeg", b"\0\0\0\x20ftypheic\0\0\0\0"),
        ("video/webm", b"\x1a\x45\xdf\xa3\x93\x42\x82\x88matroska"),
        ("application/zip", b"7z\xbc\xaf\x27\x1c\0\x04"),
        ("image/png", b"\x1f\x8b\x08\0\0\0\0\0"),
    ] {
        assert_eq!(judge(declared, "", head), Some("bin"), "{declared} {head:?}");
        // Without a claim there is nothing to contradict: it is what it is, if that is accepted.
        assert_ne!(judge("", "", head), Some("bin"), "{head:?}");
    }
}

#[test]
fn what_acts_is_refused_whatever_it_is_named_or_declared() {
    let utf16 = |text: &str| {
        text.encode_utf16().flat_map(u16::to_le_bytes).fold(vec![0xFF, 0xFE], |mut all, byte| {
            all.push(byte);
            all
        })
    };
    let acting: [&[u8]; 22] = [
        b"<!DOCTYPE html><html>",
        b"<html>",
        b"  \r\n<HTML lang=zh>",
        b"\xef\xbb\xbf<script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<svg/onload=alert(1)>",
        b"<?xml version='1.0'?><svg/>",
        b"<?php system($_GET[0]);",
        b"<!-- x --><svg>",
        b"<iframe src=x>",
        b"<img src=x onerror=alert(1)>",
        b"<b>x</b>",
        b"<a href='javascript:x'>",
        b"#!/bin/sh\nrm -rf ~",
        b"\x7fELF\x02\x01\x01",
        b"MZ\x90\0\x03\0\0\0",
        b"\xcf\xfa\xed\xfe\x07\0\0\x01",
        b"\xfe\xed\xfa\xce",
        b"\xca\xfe\xba\xbe\0\0\0\x34",
        b"\0asm\x01\0\0\0",
        b"dex\n035\0",
        &utf16("<script>alert(1)</script>"),
    ];
    for head in acting {
        for declared in
            ["image/png", "text/plain", "application/pdf", "application/octet-stream", "video/mp4", ""]
        {
            for name in ["photo.png", "a.txt", "x"] {
                assert_eq!(judge(declared, name, head), None, "{declared} {name} {head:?}");
            }
        }
    }
}

#[test]
fn a_name_or_type_that_acts_is_refused_with_any_content() {
    for name in ["a.html", "b.SVG", "c.js", "photo.png.exe", "d.xml", "e.sh", "f.bat"] {
        assert_eq!(judge("image/png", name, PNG), None, "{name}");
        assert_eq!(judge("text/plain", name, b"hello"), None, "{name}");
    }
    for declared in
        ["text/html", "image/svg+xml", "text/javascript", "application/xml", "application/x-sh", "nonsense"]
    {
        assert_eq!(judge(declared, "photo.png", PNG), None, "{declared}");
    }
}

#[test]
fn a_text_may_begin_as_people_write() {
    for text in
        ["<3 想你", "<小美> 你好", "MZ 是兩個字母", "BM 和 GIF 也是", "<bob> hi", "a < b", "", "%PDF 是什麼"]
    {
        assert_eq!(judge("text/plain", "信.txt", text.as_bytes()), Some("txt"), "{text}");
    }
    let cut = &"字".repeat(100).into_bytes()[..200];
    assert_eq!(judge("text/plain", "長.txt", cut), Some("txt"));
}

#[test]
fn a_csv_that_windows_calls_excel_stays_a_csv() {
    assert_eq!(judge("application/vnd.ms-excel", "表.csv", b"a,b\n1,2\n"), Some("csv"));
    assert_eq!(judge("application/vnd.ms-excel", "表.xls", OLE), Some("xls"));
}
