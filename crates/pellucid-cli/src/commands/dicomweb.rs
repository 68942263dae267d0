//! `pellucid dicomweb`: studies from an archive, results to it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use pellucid::dicom::web::{DicomWeb, Login, WebOptions};
use pellucid::engine::{Progress, Task};

use crate::args::{DicomWebAction, DicomWebArgs, ServerArgs};
use crate::progress::Bars;

const USER: &str = "PELLUCID_DICOMWEB_USER";
const PASSWORD: &str = "PELLUCID_DICOMWEB_PASSWORD";
const TOKEN: &str = "PELLUCID_DICOMWEB_TOKEN";

/// Fetches or stores.
pub fn run(args: &DicomWebArgs) -> Result<bool> {
    match &args.action {
        DicomWebAction::Fetch { server, study, folder, series } => {
            let client = client(server)?;
            eprintln!("fetching from {}", server.url);
            let files = match series {
                Some(series) => client.fetch_series(study, series, folder)?,
                None => client.fetch_study(study, folder)?,
            };
            println!("{}", folder.display());
            eprintln!("{} objects", files.len());
        }
        DicomWebAction::Store { server, folder } => {
            let client = client(server)?;
            let mut files = Vec::new();
            gather(folder, &mut files)?;
            if files.is_empty() {
                bail!(
                    "there is no DICOM file in `{}`: `pellucid explain --dicom` writes results into the folder `dicom` of its output",
                    folder.display()
                );
            }
            let bars = Bars::default();
            let task = Task::start(&bars as &dyn Progress, files.len(), "storing");
            let mut stored = 0;
            for file in &files {
                let sent = client.store_files(std::slice::from_ref(file));
                stored += sent.with_context(|| format!("{stored} of {} objects were stored before", files.len()))?;
                task.advance(1);
            }
            drop(task);
            println!("{stored} objects stored");
        }
    }
    Ok(true)
}

fn client(server: &ServerArgs) -> Result<DicomWeb> {
    let options = WebOptions {
        login: login(&|name| std::env::var(name).ok())?,
        certificates: server.certificates.clone(),
        ..WebOptions::default()
    };
    Ok(DicomWeb::new(&server.url, options)?)
}

/// Credentials from the environment: a command line is seen by every user of the machine.
fn login(variable: &dyn Fn(&str) -> Option<String>) -> Result<Login> {
    match (variable(USER), variable(PASSWORD), variable(TOKEN)) {
        (None, None, None) => Ok(Login::Nobody),
        (None, None, Some(token)) => Ok(Login::Token(token)),
        (Some(name), Some(password), None) => Ok(Login::Password { name, password }),
        (_, _, Some(_)) => {
            bail!("{TOKEN} is set beside {USER} or {PASSWORD}: only one kind of credentials is expected")
        }
        (Some(_), None, None) => bail!("{USER} is set, but {PASSWORD} isn't"),
        (None, Some(_), None) => bail!("{PASSWORD} is set, but {USER} isn't"),
    }
}

/// The DICOM files of a folder and its folders, in order of name; a file by itself.
fn gather(path: &Path, out: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_dir() {
        let entries = std::fs::read_dir(path).with_context(|| format!("can't read the folder `{}`", path.display()))?;
        let mut paths: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
        paths.sort();
        return paths.iter().try_for_each(|p| gather(p, out));
    }
    use std::io::Read;
    let mut head = Vec::new();
    let file = std::fs::File::open(path).with_context(|| format!("can't read `{}`", path.display()))?;
    file.take(132).read_to_end(&mut head).with_context(|| format!("can't read `{}`", path.display()))?;
    // an archive takes whole files only, with preamble
    if head.get(128..132) == Some(b"DICM") {
        out.push(path.to_path_buf());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_of_one_kind() {
        let from = |set: &'static [(&str, &str)]| {
            login(&move |name| set.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_string()))
        };
        assert_eq!(from(&[]).unwrap(), Login::Nobody);
        assert_eq!(from(&[(TOKEN, "t")]).unwrap(), Login::Token("t".into()));
        let both = from(&[(USER, "u"), (PASSWORD, "p")]).unwrap();
        assert_eq!(both, Login::Password { name: "u".into(), password: "p".into() });
        assert!(from(&[(USER, "u")]).unwrap_err().to_string().contains(PASSWORD));
        assert!(from(&[(PASSWORD, "p")]).unwrap_err().to_string().contains(USER));
        assert!(from(&[(USER, "u"), (PASSWORD, "p"), (TOKEN, "t")]).is_err());
    }
}
