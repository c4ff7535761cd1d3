use std::collections::BTreeSet;

use proptest::prelude::*;
use yuntu_terms::clause;

use super::name::safe;
use super::png::crc32;
use super::{CheckedFile, FILE_BYTES_MAX, FileFault, FileKind};

fn chunk(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
    let checked = [kind.as_slice(), content].concat();
    let length = u32::try_from(content.len()).unwrap();
    [
        length.to_be_bytes().as_slice(),
        &checked,
        &crc32(&checked).to_be_bytes(),
    ]
    .concat()
}

fn png_of(width: u32, height: u32) -> Vec<u8> {
    let header = [
        width.to_be_bytes().as_slice(),
        &height.to_be_bytes(),
        &[8, 0, 0, 0, 0],
    ]
    .concat();
    [
        b"\x89PNG\r\n\x1a\n".as_slice(),
        &chunk(*b"IHDR", &header),
        &chunk(*b"tEXt", b"Title\0Licence"),
        &chunk(*b"IDAT", &[0x78, 0x9c, 0x63, 0, 0, 0, 2, 0, 1]),
        &chunk(*b"IEND", b""),
    ]
    .concat()
}

fn jpeg_of(width: u16, height: u16) -> Vec<u8> {
    let [w, h] = [width.to_be_bytes(), height.to_be_bytes()];
    [
        b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00".as_slice(),
        &[0xff, 0xc0, 0, 11, 8, h[0], h[1], w[0], w[1], 1, 1, 0x11, 0],
        // A scan with a stuffed byte and a restart in it.
        &[
            0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0xab, 0xff, 0, 0xff, 0xd0, 0xcd,
        ],
        &[0xff, 0xd9],
    ]
    .concat()
}

fn pdf_with(body: &str) -> Vec<u8> {
    let start = format!("%PDF-1.7\n1 0 obj\n<< /Type /Catalog {body} >>\nendobj\n");
    let place = start.len();
    format!("{start}xref\n0 1\ntrailer << /Root 1 0 R >>\nstartxref\n{place}\n%%EOF\n").into_bytes()
}

fn fault(name: &str, bytes: Vec<u8>) -> FileFault {
    CheckedFile::check(name, bytes).unwrap_err()
}

/// The end of an empty archive, which a reader of archives finds from behind.
const ARCHIVE_END: [u8; 22] = [
    b'P', b'K', 5, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
];

#[test]
fn a_plain_paper_is_taken_as_what_it_is() {
    let _mark = clause::check!(R22);
    for (name, bytes, kind) in [
        ("执照.png", png_of(800, 600), FileKind::Png),
        ("licence.JPEG", jpeg_of(800, 600), FileKind::Jpeg),
        ("授权书.pdf", pdf_with(""), FileKind::Pdf),
        ("no ending", pdf_with(""), FileKind::Pdf),
    ] {
        assert_eq!(CheckedFile::check(name, bytes).unwrap().kind(), kind);
    }
}

/// Hostile and broken files, each with the reason that refuses it.
fn hostile() -> Vec<(&'static str, Vec<u8>, FileFault)> {
    let png = png_of(800, 600);
    let joined = |first: &[u8], second: &[u8]| [first, second].concat();
    let tail = chunk(*b"IEND", b"");
    // An archive's end inside a text of a picture, with a comment that reaches to the picture's end.
    let mut end = ARCHIVE_END;
    end[20] = u8::try_from(4 + tail.len()).unwrap();
    let head = &png[..png.len() - tail.len()];
    let in_comment = [head, &chunk(*b"tEXt", &end), &tail].concat();
    vec![
        ("a.png", Vec::new(), FileFault::Empty),
        ("a.pdf", vec![b' '; FILE_BYTES_MAX + 1], FileFault::TooLarge),
        (
            "a.html",
            b"<!doctype html><script>".to_vec(),
            FileFault::Kind,
        ),
        (
            "a.svg",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(),
            FileFault::Kind,
        ),
        ("a.zip", joined(&ARCHIVE_END, b""), FileFault::Kind),
        ("a.exe", b"MZ\x90\0\x03\0\0\0".to_vec(), FileFault::Kind),
        ("a.gif", b"GIF89a\x01\0\x01\0".to_vec(), FileFault::Kind),
        ("a.pdf", png.clone(), FileFault::Ending),
        ("a.pdf.exe", pdf_with(""), FileFault::Ending),
        ("a.html", jpeg_of(8, 8), FileFault::Ending),
        ("../../etc/passwd.png", png.clone(), FileFault::Name),
        ("C:\\a.png", png.clone(), FileFault::Name),
        ("a\0.png", png.clone(), FileFault::Name),
        ("a\r\nSet-Cookie: x.png", png.clone(), FileFault::Name),
        ("gnp\u{202e}exe.png", png.clone(), FileFault::Name),
        ("a.png", joined(&png, b"<script>"), FileFault::Appended),
        ("a.png", joined(&png, &ARCHIVE_END), FileFault::Appended),
        ("a.png", in_comment, FileFault::Appended),
        (
            "a.jpg",
            joined(&jpeg_of(8, 8), b"PK\x03\x04"),
            FileFault::Appended,
        ),
        (
            "a.pdf",
            joined(&pdf_with(""), b"<?php ?>"),
            FileFault::Appended,
        ),
        (
            "a.pdf",
            joined(&pdf_with(""), &ARCHIVE_END),
            FileFault::Appended,
        ),
        ("a.png", png_of(19_999, 19_999), FileFault::TooManyPixels),
        ("a.png", png_of(u32::MAX >> 1, 1), FileFault::TooManyPixels),
        (
            "a.jpg",
            jpeg_of(u16::MAX, u16::MAX),
            FileFault::TooManyPixels,
        ),
        ("a.png", png[..png.len() - 12].to_vec(), FileFault::Damaged),
        ("a.jpg", jpeg_of(8, 8)[..30].to_vec(), FileFault::Damaged),
        ("a.pdf", b"%PDF-1.7\nno end\n".to_vec(), FileFault::Damaged),
    ]
}

/// Papers that would do something, or that nobody could review.
fn restless() -> [(&'static str, Vec<u8>, FileFault); 7] {
    [
        (
            "a.pdf",
            pdf_with("/OpenAction << /S /JavaScript >>"),
            FileFault::Active,
        ),
        ("a.pdf", pdf_with("/S /Launch"), FileFault::Active),
        ("a.pdf", pdf_with("/S /J#61vaScript"), FileFault::Active),
        ("a.pdf", pdf_with("/S/L#61unc#68 /F (x)"), FileFault::Active),
        ("a.pdf", pdf_with("/#45ncrypt"), FileFault::Encrypted),
        (
            "a.pdf",
            pdf_with("/Names << /EmbeddedFiles 2 0 R >>"),
            FileFault::Active,
        ),
        ("a.pdf", pdf_with("/Encrypt 2 0 R"), FileFault::Encrypted),
    ]
}

#[test]
fn a_hostile_file_is_refused_with_its_reason() {
    let mut met = BTreeSet::new();
    for (name, bytes, expected) in hostile().into_iter().chain(restless()) {
        assert_eq!(fault(name, bytes), expected, "{name:?}");
        met.insert(expected);
    }
    assert_eq!(met, FileFault::ALL.into());
}

#[test]
fn a_changed_byte_of_a_picture_breaks_its_checksum() {
    let png = png_of(8, 8);
    for place in 8..png.len() {
        let mut changed = png.clone();
        changed[place] ^= 1;
        assert!(CheckedFile::check("a.png", changed).is_err(), "{place}");
    }
}

#[test]
fn every_fault_is_told_in_both_languages() {
    for fault in FileFault::ALL {
        let text = fault.text();
        let han = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        assert!(han(&text.zh) && !han(&text.en), "{text:?}");
    }
}

#[test]
fn a_name_is_made_safe_and_keeps_its_script() {
    for (declared, kept) in [
        ("营业执照（副本）.PNG", "营业执照（副本）.png"),
        ("  a.b.png ", "a.b.png"),
        (".htaccess.png", "htaccess.png"),
        ("", "file.png"),
        (".png", "file.png"),
        ("a\"b;c=d%2f.png", "a_b_c_d_2f.png"),
        ("CON:.png", "CON_.png"),
    ] {
        assert_eq!(safe(declared, FileKind::Png).as_deref(), Ok(kept));
    }
    let long = safe(&"长".repeat(300), FileKind::Pdf).unwrap();
    assert_eq!(long.chars().count(), 104);
}

proptest! {
    #[test]
    fn looking_through_never_panics(name in "\\PC{0,20}", bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _answer = CheckedFile::check(&name, bytes);
    }

    #[test]
    fn what_begins_rightly_and_goes_on_wildly_never_panics(kind in 0_usize..3, cut in 0_usize..200, tail in proptest::collection::vec(any::<u8>(), 0..200)) {
        let whole = [png_of(8, 8), jpeg_of(8, 8), pdf_with("")];
        let mut bytes = whole[kind].clone();
        bytes.truncate(cut);
        bytes.extend(tail);
        let _answer = CheckedFile::check("a", bytes);
    }
}
