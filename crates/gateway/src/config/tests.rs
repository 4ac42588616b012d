use super::*;

fn load(file: &str, environment: &[(&str, &str)]) -> Result<Config, Error> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("chatroom.toml");
    std::fs::write(&path, file).unwrap();
    let variables = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    Config::from_sources(path.to_str().unwrap(), variables)
}

#[test]
fn nothing_set_means_sqlite_under_data() {
    let config = load("", &[]).unwrap();
    assert_eq!((config.host.as_str(), config.port), ("127.0.0.1", 8000));
    assert_eq!(config.database(), "sqlite:data/chatroom.db");
}

#[test]
fn the_environment_wins_over_the_file() {
    let file = "port = 1\nhost = \"::1\"\n[limits]\ntext_max = 5\n";
    let config = load(file, &[("PORT", "2"), ("CHATROOM__LIMITS__PASSWORD_MIN", "4"), ("HOST", "")]).unwrap();
    assert_eq!((config.host.as_str(), config.port), ("::1", 2));
    assert_eq!((config.limits.text_max, config.limits.password_min), (5, 4));
}

#[test]
fn the_seeds_names_are_understood() {
    let environment = [
        ("DB_CONNECTION_STRING", "mysql+mysqlconnector://u:p@h/d"),
        ("ACCESS_TOKEN_EXPIRE_MINUTES", "7"),
        ("ALLOWED_ORIGINS", "http://a:1, http://b/"),
        ("APP_ENV", "development"),
    ];
    let config = load("", &environment).unwrap();
    assert_eq!(config.database(), "mysql+mysqlconnector://u:p@h/d");
    assert_eq!(config.auth.access_token_minutes, 7);
    assert_eq!(config.allowed_origins, ["http://a:1", "http://b"]);
}

#[test]
fn a_secret_can_come_from_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("key");
    std::fs::write(&path, "0123456789\n").unwrap();
    let config = load("", &[("SECRET_KEY_FILE", path.to_str().unwrap())]).unwrap();
    assert_eq!(config.secret_key.as_deref(), Some("0123456789"));
    let missing = load("", &[("SECRET_KEY_FILE", "/nowhere")]).unwrap_err();
    assert!(missing.to_string().starts_with("SECRET_KEY_FILE names /nowhere"), "{missing}");
}

#[test]
fn an_unknown_key_names_the_nearest() {
    let error = load("prot = 1\n", &[]).unwrap_err().to_string();
    assert!(error.contains("`prot`; did you mean `port`?"), "{error}");
    let error = load("[limits]\ntext_maks = 1\n", &[]).unwrap_err().to_string();
    assert!(error.contains("`limits.text_maks`; did you mean `text_max`?"), "{error}");
    let error = load("", &[("CHATROOM__LIMIT__TEXT_MAX", "1")]).unwrap_err().to_string();
    assert!(error.contains("did you mean `CHATROOM__LIMITS__TEXT_MAX`?"), "{error}");
}

#[test]
fn a_value_that_does_not_fit_names_its_key() {
    let error = load("", &[("PORT", "eighty")]).unwrap_err().to_string();
    assert!(error.contains("port"), "{error}");
    let error = load("", &[("PUBLIC_URL", "chat.example")]).unwrap_err().to_string();
    assert!(error.starts_with("PUBLIC_URL is `chat.example`"), "{error}");
}

#[test]
fn the_hours_of_messages_have_their_bounds() {
    let hours = |edit: &str, unsend: &str| {
        load("", &[("CHATROOM__LIMITS__EDIT_HOURS", edit), ("CHATROOM__LIMITS__UNSEND_HOURS", unsend)])
            .map(|config| (config.limits.edit_hours, config.limits.unsend_hours))
    };
    assert_eq!(load("", &[]).map(|c| (c.limits.edit_hours, c.limits.unsend_hours)).unwrap(), (24, 24));
    assert_eq!(hours("0", "876000").unwrap(), (0, 876_000));
    let error = hours("1", "876001").unwrap_err().to_string();
    assert_eq!(error, "limits.unsend_hours is 876001; it must be from 0 to 876000");
    assert!(hours("-1", "1").unwrap_err().to_string().contains("edit_hours"));
}

#[test]
fn secrets_are_starred_when_shown() {
    let environment = [
        ("SECRET_KEY", "geheim"),
        ("DATABASE_URL", "mysql://u:geheim@h/d"),
        ("REDIS_URL", "redis://:geheim@h"),
        ("VAPID_KEY", "geheim"),
    ];
    let shown = load("[auth]\npepper = \"geheim\"\n", &environment).unwrap().shown();
    assert!(!shown.contains("geheim"), "{shown}");
    assert!(shown.contains("mysql://u:***@h/d"), "{shown}");
}

#[test]
fn proxies_are_addresses_and_ranges() {
    let proxies = |text: &str| {
        let config = load("", &[("TRUSTED_PROXIES", text)])?;
        Ok::<_, Error>(config.trusted_proxies.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    assert_eq!(proxies("").unwrap(), ["127.0.0.0/8", "::1/128"]);
    assert_eq!(proxies("10.0.0.0/8, fd00::1").unwrap(), ["10.0.0.0/8", "fd00::1/128"]);
    let error = proxies("10.0.0.0/8,nginx").unwrap_err().to_string();
    assert!(error.contains("trusted_proxies") && error.contains("`nginx`"), "{error}");
    let config = load("trusted_proxies = []\n", &[]).unwrap();
    assert!(config.trusted_proxies.is_empty());
}

#[test]
fn a_policy_is_one_line() {
    let policy = |text: &str| load("", &[("CONTENT_SECURITY_POLICY", text)]);
    assert_eq!(
        policy("default-src 'self'").unwrap().content_security_policy.as_deref(),
        Some("default-src 'self'")
    );
    let error = policy("default-src 'self';\nimg-src *").unwrap_err().to_string();
    assert!(error.starts_with("CONTENT_SECURITY_POLICY must be one line"), "{error}");
}

#[test]
fn registration_by_invite_needs_a_code_that_is_not_guessed() {
    let registration = |mode: &str, code: &str| load("", &[("REGISTRATION", mode), ("INVITE_CODE", code)]);
    assert_eq!(registration("", "").unwrap().auth.registration, Registration::Open);
    assert_eq!(registration("closed", "").unwrap().auth.registration, Registration::Closed);
    for code in ["", "1234567", "        "] {
        let error = registration("invite", code).unwrap_err().to_string();
        assert!(error.starts_with("REGISTRATION is `invite`; set INVITE_CODE"), "{error}");
    }
    let config = registration("invite", "12345678").unwrap();
    assert!(!config.shown().contains("12345678"));
    assert!(registration("friends", "").unwrap_err().to_string().contains("registration"));
}

#[test]
fn truth_values_of_the_environment_are_read() {
    let environment = [
        ("CHATROOM__PREVIEWS__ENABLED", "true"),
        ("CHATROOM__PREVIEWS__PRIVATE_NETWORKS", "true"),
        ("CHATROOM__OUTBOUND__PRIVATE_NETWORKS", "true"),
        ("CHATROOM__RATES__ENABLED", "false"),
        ("CHATROOM__LOG__JSON", "true"),
    ];
    let config = load("", &environment).unwrap();
    assert_eq!((config.previews.enabled, config.previews.private_networks), (true, true));
    assert_eq!(
        (config.outbound.private_networks, config.rates.enabled, config.log.json),
        (true, false, true)
    );
    let default = load("", &[]).unwrap();
    assert!(!default.previews.enabled && !default.previews.private_networks);
}
