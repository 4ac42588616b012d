use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;

use bytes::Bytes;
use domain::message::MessageKind;
use futures_util::TryStreamExt as _;

use super::*;
use crate::writer::Stored;

/// A PNG's signature and header, which holds its size.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend(b"\x08\x06\0\0\0rest of a picture");
    bytes
}

fn store(folder: &Path) -> Store {
    Store::open(folder, Limits::default(), None).unwrap()
}

async fn put(store: &Store, declared: &str, name: &str, bytes: &[u8]) -> Result<Stored, Error> {
    let mut writer = store.begin(Purpose::Message, Some(declared), name).await?;
    for chunk in bytes.chunks(1000) {
        writer.write(Bytes::copy_from_slice(chunk)).await?;
    }
    writer.finish().await
}

/// All files under `folder`, in any depth.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[tokio::test]
async fn a_file_is_kept_under_a_name_of_ours_and_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let bytes = [png(640, 480), vec![7; 700_000]].concat();
    let stored = put(&store, "image/png", "../照片.PNG", &bytes).await.unwrap();

    assert_eq!(stored.stored_name, format!("{}.png", stored.media.media_id));
    assert_eq!((stored.kind, stored.media.content_type.as_str()), (MessageKind::Image, "image/png"));
    assert_eq!((stored.media.width, stored.media.height), (Some(640), Some(480)));
    assert_eq!((stored.media.file_name.as_str(), stored.media.size), ("照片.PNG", 700_046));

    let opened = store.file(Purpose::Message, &stored.stored_name).await.unwrap();
    assert_eq!((opened.length, opened.content_type, opened.inline), (700_046, "image/png", true));
    let chunks: Vec<Bytes> = opened.content.read().await.unwrap().try_collect().await.unwrap();
    assert!(chunks.concat() == bytes);
    let shard = stored.stored_name.get(34..36).unwrap();
    assert_eq!(files(folder.path()), [folder.path().join("message").join(shard).join(&stored.stored_name)]);
}

#[tokio::test]
async fn what_is_not_to_be_shown_says_so_and_a_nameless_file_gets_a_name() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let stored = put(&store, "application/pdf", "", b"%PDF-1.7").await.unwrap();
    assert_eq!((stored.media.file_name.as_str(), stored.kind), ("file.pdf", MessageKind::File));
    assert!(!store.file(Purpose::Message, &stored.stored_name).await.unwrap().inline);
}

#[tokio::test]
async fn what_contradicts_its_type_is_kept_as_it_is_and_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let stored = put(&store, "image/jpeg", "貓.jpg", &png(640, 480)).await.unwrap();
    assert_eq!(stored.stored_name, format!("{}.bin", stored.media.media_id));
    assert_eq!(
        (stored.kind, stored.media.content_type.as_str()),
        (MessageKind::File, "application/octet-stream")
    );
    assert_eq!((stored.media.file_name.as_str(), stored.media.width), ("貓.jpg", None));
    let opened = store.file(Purpose::Message, &stored.stored_name).await.unwrap();
    assert_eq!((opened.content_type, opened.inline), ("application/octet-stream", false));
    store.remove(Purpose::Message, &stored.stored_name).await.unwrap();
    let mut writer = store.begin(Purpose::Avatar, Some("image/jpeg"), "me").await.unwrap();
    writer.write(png(1, 1).into()).await.unwrap();
    assert!(matches!(writer.finish().await, Err(Error::Unsupported)));
}

#[tokio::test]
async fn a_file_is_found_only_by_its_exact_name_and_purpose() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let name = put(&store, "image/png", "a.png", &png(1, 1)).await.unwrap().stored_name;
    let id = name.strip_suffix(".png").unwrap();
    fs::write(folder.path().join("secret.txt"), "秘密").unwrap();
    for other in [
        "",
        ".",
        "..",
        "../secret.txt",
        "../../secret.txt",
        "/etc/passwd",
        "tmp/x.png",
        &format!("{id}.jpg"),
        &format!("{id}.png.png"),
        id,
        &format!("./{name}"),
        &format!("{name}/"),
        &format!("{name}\0"),
        &name.to_uppercase(),
        &name.replace('-', ""),
        &format!("{}.png", domain::id::MediaId::generate()),
    ] {
        let answer = store.file(Purpose::Message, other).await;
        assert!(matches!(answer, Err(Error::NotFound)), "{other:?}");
        // Refused, or of nothing that is there.
        drop(store.remove(Purpose::Message, other).await);
    }
    assert!(matches!(store.file(Purpose::Avatar, &name).await, Err(Error::NotFound)));
    assert!(store.file(Purpose::Message, &name).await.is_ok());
}

#[tokio::test]
async fn a_removed_file_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let name = put(&store, "image/png", "a.png", &png(1, 1)).await.unwrap().stored_name;
    store.remove(Purpose::Message, &name).await.unwrap();
    store.remove(Purpose::Message, &name).await.unwrap();
    assert!(matches!(store.file(Purpose::Message, &name).await, Err(Error::NotFound)));
    assert_eq!(files(folder.path()), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn the_limit_counts_every_byte_and_nothing_stays() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), Limits { max_bytes: 5000, ..Limits::default() }, None).unwrap();
    assert!(put(&store, "text/plain", "a.txt", &[b'a'; 5000]).await.is_ok());
    let kept = files(folder.path());
    let answer = put(&store, "text/plain", "a.txt", &[b'a'; 5001]).await;
    assert!(matches!(answer, Err(Error::TooLarge { limit: 5000 })));
    assert_eq!(files(folder.path()), kept);
}

#[tokio::test]
async fn a_refused_file_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    for (declared, name, bytes) in [
        ("image/png", "a.png", &b"<script>alert(1)</script>"[..]),
        ("text/html", "a.png", b"x"),
        ("image/png", "a.html", b"x"),
    ] {
        let answer = put(&store, declared, name, bytes).await;
        assert!(matches!(answer, Err(Error::Unsupported)), "{declared} {name}");
    }
    assert!(matches!(put(&store, "image/png", "a.png", b"").await, Err(Error::Empty)));
    assert_eq!(files(folder.path()), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn a_picture_that_would_choke_its_viewer_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    for (width, height) in [(12_001, 1), (1, 12_001), (7000, 7000), (u32::MAX, u32::MAX)] {
        let answer = put(&store, "image/png", "a.png", &png(width, height)).await;
        assert!(matches!(answer, Err(Error::Dimensions { .. })), "{width} x {height}");
    }
    assert_eq!(files(folder.path()), Vec::<PathBuf>::new());
    let widest = put(&store, "image/png", "a.png", &png(12_000, 3333)).await.unwrap();
    assert_eq!((widest.media.width, widest.media.height), (Some(12_000), Some(3333)));
}

#[tokio::test]
async fn a_picture_without_a_readable_header_has_no_size() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    for bytes in [&b"\x89PNG\r\n\x1a\nnot a header at all"[..], b"\x89PNG", b"dummy", &png(0, 0)] {
        let stored = put(&store, "image/png", "a.png", bytes).await.unwrap();
        assert_eq!((stored.media.width, stored.media.height), (None, None));
    }
}

#[tokio::test]
async fn an_avatar_is_a_still_picture() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    for (declared, bytes, good) in [
        ("image/png", png(1, 1), true),
        ("image/webp", b"dummy".to_vec(), true),
        ("image/jpeg", b"dummy".to_vec(), true),
        ("image/gif", b"GIF89a\x01\0\x01\0".to_vec(), false),
        ("application/pdf", b"%PDF-1.7".to_vec(), false),
    ] {
        let mut writer = store.begin(Purpose::Avatar, Some(declared), "me").await.unwrap();
        writer.write(bytes.into()).await.unwrap();
        let answer = writer.finish().await;
        assert_eq!(answer.is_ok(), good, "{declared}: {answer:?}");
    }
    assert!(files(folder.path()).iter().all(|path| path.starts_with(folder.path().join("avatars"))));
}

#[tokio::test]
async fn a_writer_dropped_midway_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let mut writer = store.begin(Purpose::Message, Some("text/plain"), "a.txt").await.unwrap();
    writer.write(Bytes::from(vec![b'a'; 600_000])).await.unwrap();
    assert_eq!(files(&folder.path().join("tmp")).len(), 1);
    drop(writer);
    assert_eq!(files(folder.path()), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn leftovers_are_swept_at_the_start_and_a_running_upload_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let first = store(folder.path());
    let mut writer = first.begin(Purpose::Message, Some("text/plain"), "a.txt").await.unwrap();
    writer.write(Bytes::from_static(b"half ")).await.unwrap();
    fs::write(folder.path().join("tmp/left-by-a-crash"), "half").unwrap();

    let second = store(folder.path());
    assert_eq!(files(folder.path()).len(), 1);
    writer.write(Bytes::from_static(b"and half")).await.unwrap();
    let stored = writer.finish().await.unwrap();
    assert_eq!(second.file(Purpose::Message, &stored.stored_name).await.unwrap().length, 13);
}

/// The device that is always full replaces a full disk: it needs no rights and fails alike.
#[tokio::test]
async fn a_write_that_finds_no_space_says_so_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(Folder::open(folder.path()).unwrap());
    let mut temporary = Arc::clone(&store).create().unwrap();
    temporary.file = File::options().write(true).open("/dev/full").unwrap();
    let claim = (Claim::read(Some("text/plain"), "a.txt").unwrap(), "a.txt".to_owned());
    let (pictures, backend) = (Pictures::new(Limits::default()), Backend::Folder(store));
    let mut writer = Writer::new(temporary, Purpose::Message, claim, pictures, backend);
    let answer = writer.write(Bytes::from(vec![b'a'; 300_000])).await;
    assert!(matches!(answer, Err(Error::NoSpace)), "{answer:?}");
    assert_eq!(files(folder.path()), Vec::<PathBuf>::new());
    assert!(writer.write(Bytes::from(vec![b'a'; 300_000])).await.is_err());
    assert!(writer.finish().await.is_err());
}

const FULL_DISK: &str = "MEDIA_TEST_SMALL_DISK";

/// Runs itself again inside a namespace of its own, where even a plain user may mount a disk of one megabyte.
#[test]
fn a_disk_that_fills_up_is_reported_and_usable_again() {
    if let Some(disk) = std::env::var_os(FULL_DISK) {
        fill_the_disk(Path::new(&disk));
        return;
    }
    let disk = tempfile::tempdir().unwrap();
    let script = r#"mount -t tmpfs -o size=1m none "$1" || exit 77; exec "$2" --exact "$3" --nocapture"#;
    let test = "store::tests::a_disk_that_fills_up_is_reported_and_usable_again";
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"]);
    command.arg(disk.path()).arg(std::env::current_exe().unwrap()).arg(test).env(FULL_DISK, disk.path());
    let output = command.output().unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.code() == Some(77) || said.contains("unshare failed") {
        eprintln!("this system allows no namespaces; only the always-full device was tested: {said}");
    } else {
        assert!(output.status.success(), "{said}");
    }
}

#[tokio::main(flavor = "current_thread")]
async fn fill_the_disk(disk: &Path) {
    let store = store(disk);
    let name = put(&store, "text/plain", "a.txt", &vec![b'a'; 600_000]).await.unwrap().stored_name;
    let answer = put(&store, "text/plain", "b.txt", &vec![b'b'; 600_000]).await;
    assert!(matches!(answer, Err(Error::NoSpace)), "{answer:?}");
    assert_eq!(files(disk).len(), 1);
    assert_eq!(store.file(Purpose::Message, &name).await.unwrap().length, 600_000);
    store.remove(Purpose::Message, &name).await.unwrap();
    assert!(put(&store, "text/plain", "b.txt", &vec![b'b'; 600_000]).await.is_ok());
}
