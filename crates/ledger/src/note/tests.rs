use super::*;

/// The note of the second implementation's documentation.
const VKEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const SECRET: &str = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const TEXT: &str = "If you think cryptography is the answer to your problem,\n\
                    then you don't know what your problem is.\n";
const NOTE: &str = "If you think cryptography is the answer to your problem,\n\
                    then you don't know what your problem is.\n\
                    \n\
                    — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
const OTHER_LINE: &str = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";

fn key() -> VerifierKey {
    VKEY.parse().unwrap()
}

#[test]
fn the_published_note_verifies_and_is_signed_alike() {
    let note = Note::parse(NOTE.as_bytes()).unwrap();
    assert_eq!(note.text, TEXT);
    assert_eq!(note.verify(&key()), Ok(()));

    let secret = STANDARD.decode(SECRET).unwrap();
    let signer = Signer::new("PeterNeumann", secret[1..].try_into().unwrap()).unwrap();
    assert_eq!(signer.verifier().to_string(), VKEY);
    assert_eq!(signer.sign(TEXT), NOTE);
}

#[test]
fn signatures_of_unknown_keys_are_passed_over() {
    let note = format!("{NOTE}{OTHER_LINE}");
    let note = Note::parse(note.as_bytes()).unwrap();
    assert_eq!(note.signature_count(), 2);
    assert_eq!(note.verify(&key()), Ok(()));
    let unsigned = format!("{TEXT}\n{OTHER_LINE}");
    let unsigned = Note::parse(unsigned.as_bytes()).unwrap();
    assert_eq!(unsigned.verify(&key()), Err(NoteFault::OtherKey));
}

#[test]
fn the_example_of_the_specification_is_taken_apart() {
    let note = "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n\
                — quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";
    let note = Note::parse(note.as_bytes()).unwrap();
    assert!(note.text.ends_with("ed è subito sera.\n"));
    let [(name, id, signature)] = note.signatures.as_slice() else {
        panic!("one signature");
    };
    assert_eq!(*name, "quasimodo.example/salvatore");
    assert_eq!(*id, [0x36, 0x7b, 0xa0, 0x4b]);
    assert_eq!(signature.len(), 64);
}

#[test]
fn malformed_notes_are_refused() {
    for bad in [
        String::new(),
        TEXT.to_owned(),
        NOTE.trim_end().to_owned(),
        NOTE.replace("— ", "- "),
        NOTE.replace(".\n\n", ".\n"),
        NOTE.replace("think", "th\tink"),
        NOTE.replace("AM=\n", "AN=\n"),
        NOTE.replace("AM=\n", "AM\n"),
        NOTE.replace("AM=\n", "AM= \n"),
        NOTE.replace("Neumann x", "Neumann  x"),
        format!("{NOTE}\n"),
        format!("{NOTE}{}", OTHER_LINE.repeat(SIGNATURES_MAX)),
    ] {
        assert!(Note::parse(bad.as_bytes()).is_err(), "{bad}");
    }
}

#[test]
fn malformed_keys_and_names_are_refused() {
    let weak = STANDARD.encode([&[1, 1][..], &[0; 31]].concat());
    for bad in [
        "",
        "PeterNeumann",
        &VKEY.replace("c74f20a3", "c74f20a4"),
        &VKEY.replace("c74f20a3", "C74F20A3"),
        &VKEY.replace("Peter", "Petra"),
        &VKEY.replace("+ARpc", "+ARpd"),
        &VKEY.replace("+ARpc", "+AhpC"),
        &format!("{VKEY}\n"),
        &format!("a+00000000+{weak}"),
    ] {
        assert!(bad.parse::<VerifierKey>().is_err(), "{bad}");
    }
    for name in ["", "a b", "a+b", "a\nb", "a\u{3000}b"] {
        assert!(Signer::new(name, &[1; 32]).is_err(), "{name}");
    }
    assert_eq!(
        format!("{:?}", Signer::new("a", &[1; 32]).unwrap()),
        "Signer { name: \"a\", .. }"
    );
}
