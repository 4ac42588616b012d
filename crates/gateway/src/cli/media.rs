//! The commands about stored files, which need neither the database nor a server.

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use media::migration::{self, Migrated};

use crate::config::Config;
use crate::server::{Error, open_bucket, open_folder};

#[derive(Subcommand)]
pub(super) enum Media {
    /// Copy all stored files between the folder in the data directory and the bucket, and read each copy back.
    Migrate(Migrate),
}

#[derive(Args)]
pub(super) struct Migrate {
    /// Where to.
    #[arg(long, value_enum)]
    to: Place,
    /// Delete each file where it was, once its copy has been read back.
    #[arg(long)]
    delete_source: bool,
}

/// Where files are stored.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Place {
    /// The bucket.
    S3,
    /// The folder in the data directory.
    Folder,
}

impl Media {
    pub(super) fn run(&self, config: &Config) -> ExitCode {
        let Self::Migrate(migrate) = self;
        let Some(bucket) = config.s3.bucket() else {
            return super::complain(&"there is no bucket; set S3_BUCKET", super::USAGE);
        };
        let migrated = actix_web::rt::System::new().block_on(async {
            let (folder, bucket) = (open_folder(config)?, open_bucket(config, &bucket).await?);
            let (from, to) = match migrate.to {
                Place::S3 => (folder, bucket),
                Place::Folder => (bucket, folder),
            };
            Ok::<_, Error>(migration::migrate(&from, &to, migrate.delete_source).await?)
        });
        match migrated {
            Ok(Migrated { copied, bytes, present, deleted }) => super::say(&format!(
                "Copied {copied} files ({bytes} bytes), {present} were there already, deleted {deleted} where they were\n"
            )),
            Err(error) => super::complain(&error, 1),
        }
    }
}
