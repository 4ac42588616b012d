use super::*;

const RIGHT: Verdict = Verdict::Match { needs_upgrade: false };
const OUTDATED: Verdict = Verdict::Match { needs_upgrade: true };

fn passwords(pepper: Option<&str>, cost: u32) -> Passwords {
    Passwords::new(Config { cost, pepper: pepper.map(str::to_owned), ..Config::default() }).unwrap()
}

async fn verify(passwords: &Passwords, password: &str, stored: &str) -> Verdict {
    passwords.verify(password.to_owned(), Some(stored.to_owned()), Share::Whole).await.unwrap()
}

async fn refused(passwords: &Passwords, stored: &str) -> String {
    passwords.verify("密碼".to_owned(), Some(stored.to_owned()), Share::Whole).await.unwrap_err().to_string()
}

#[tokio::test]
async fn the_right_password_matches_and_another_does_not() {
    let passwords = passwords(None, 4);
    let hash = passwords.hash("通關密語十二個字".to_owned(), Share::Whole).await.unwrap();
    assert!(hash.starts_with("v1$2b$04$"), "{hash}");
    assert_eq!(verify(&passwords, "通關密語十二個字", &hash).await, RIGHT);
    assert_eq!(verify(&passwords, "通關密語十二個宇", &hash).await, Verdict::Mismatch);
    assert_eq!(verify(&passwords, "", &hash).await, Verdict::Mismatch);
}

#[tokio::test]
async fn one_password_has_another_hash_each_time() {
    let passwords = passwords(None, 4);
    let (one, two) = (
        passwords.hash("same".to_owned(), Share::Whole).await,
        passwords.hash("same".to_owned(), Share::Whole).await,
    );
    assert_ne!(one.unwrap(), two.unwrap());
}

#[tokio::test]
async fn what_stands_past_72_bytes_counts_and_so_does_a_nul() {
    let passwords = passwords(None, 4);
    let long = "長".repeat(40);
    let hash = passwords.hash(format!("{long}甲"), Share::Whole).await.unwrap();
    assert_eq!(verify(&passwords, &format!("{long}甲"), &hash).await, RIGHT);
    assert_eq!(verify(&passwords, &format!("{long}乙"), &hash).await, Verdict::Mismatch);
    assert_eq!(verify(&passwords, &long, &hash).await, Verdict::Mismatch);

    let hash = passwords.hash("ab\0cd".to_owned(), Share::Whole).await.unwrap();
    assert_eq!(verify(&passwords, "ab\0ce", &hash).await, Verdict::Mismatch);
}

#[tokio::test]
async fn hashes_of_an_imported_account_still_verify_and_are_due_for_an_upgrade() {
    let passwords = passwords(None, 4);
    let made = bcrypt::hash_with_result("舊密碼1234", 4).unwrap();
    for version in [bcrypt::Version::TwoA, bcrypt::Version::TwoB, bcrypt::Version::TwoY] {
        let stored = made.format_for_version(version);
        assert_eq!(verify(&passwords, "舊密碼1234", &stored).await, OUTDATED);
        assert_eq!(verify(&passwords, "舊密碼1235", &stored).await, Verdict::Mismatch);
    }
    let made_elsewhere = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    assert_eq!(verify(&passwords, "U*U", made_elsewhere).await, OUTDATED);
}

#[tokio::test]
async fn an_imported_hash_cuts_at_72_bytes_as_it_was_made() {
    let passwords = passwords(None, 4);
    let first_72 = "x".repeat(72);
    let stored = bcrypt::hash(format!("{first_72}tail"), 4).unwrap();
    assert_eq!(verify(&passwords, &format!("{first_72}another"), &stored).await, OUTDATED);
    assert_eq!(verify(&passwords, &"x".repeat(71), &stored).await, Verdict::Mismatch);
}

#[tokio::test]
async fn a_pepper_is_needed_to_verify_and_can_be_introduced_later() {
    let (plain, peppered, other) = (passwords(None, 4), passwords(Some("胡椒"), 4), passwords(Some("鹽"), 4));
    let before = plain.hash("password".to_owned(), Share::Whole).await.unwrap();
    assert_eq!(verify(&peppered, "password", &before).await, OUTDATED);

    let after = peppered.hash("password".to_owned(), Share::Whole).await.unwrap();
    assert!(after.starts_with("v1.") && after.len() <= 80, "{after}");
    assert_eq!(verify(&peppered, "password", &after).await, RIGHT);
    assert_eq!(verify(&peppered, "passwore", &after).await, Verdict::Mismatch);
    for without in [&plain, &other] {
        assert!(refused(without, &after).await.contains("pepper"));
    }
}

#[tokio::test]
async fn a_raised_cost_reaches_old_hashes_at_the_next_login() {
    let (old, new) = (passwords(None, 4), passwords(None, 5));
    let hash = old.hash("password".to_owned(), Share::Whole).await.unwrap();
    assert_eq!(verify(&new, "password", &hash).await, OUTDATED);
    let hash = new.hash("password".to_owned(), Share::Whole).await.unwrap();
    assert_eq!(verify(&old, "password", &hash).await, RIGHT);
}

#[tokio::test]
async fn nobody_has_no_password_and_costs_as_much() {
    let passwords = passwords(None, 4);
    for password in ["", "password", "密碼"] {
        let verdict = passwords.verify(password.to_owned(), None, Share::Whole).await.unwrap();
        assert_eq!(verdict, Verdict::Mismatch);
    }
}

#[tokio::test]
async fn a_stored_value_that_is_no_hash_is_an_error_and_not_a_wrong_password() {
    let passwords = passwords(None, 4);
    for stored in ["", "plain text", "$1$md5$abc", "v2$2b$04$x", "v1$2b$99$", "v1$雜湊", "!"] {
        assert!(refused(&passwords, stored).await.contains("cannot be checked"), "{stored}");
    }
}

#[test]
fn a_cost_that_bcrypt_does_not_know_is_refused_at_start() {
    for cost in [0, 3, 32] {
        let error = Passwords::new(Config { cost, ..Config::default() }).err().unwrap();
        assert!(matches!(error, Error::Cost(given) if given == cost));
    }
}
