use super::*;

#[test]
fn a_verified_person_is_asked_for_and_no_authenticator_is_turned_away_for_an_extension() {
    let site = PasskeySite::new("https://yuntu.example").unwrap();
    let person = PasskeyPerson {
        handle: [7; 16],
        name: "somebody",
    };
    let options = site.begin_registration(person, &[]).unwrap().options;
    for asked in [
        "\"userVerification\":\"required\"",
        "\"residentKey\":\"required\"",
        "\"enforceCredentialProtectionPolicy\":false",
    ] {
        assert!(options.contains(asked), "{asked}: {options}");
    }
}
