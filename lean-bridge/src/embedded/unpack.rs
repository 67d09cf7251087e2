//! Unpacks the package's .olean files, with their flag cleared in the same pass.

use std::cell::Cell;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use flate2::read::GzDecoder;

use super::prepare::{PrepareError, oleans};
use crate::BridgeError;
use crate::files::io_error;
use crate::progress::{Progress, ProgressSink};

const PHASE: &str = "unpack";

/// Unpacks every .olean file of `archive` into `to`; answers how many there were.
pub fn unpack(archive: &Path, to: &Path, progress: ProgressSink<'_>) -> Result<usize, BridgeError> {
    let failed = io_error("unpacking", archive);
    let file = File::open(archive).map_err(&failed)?;
    let total = file.metadata().map_err(&failed)?.len();
    let message = "Unpacking Lean's library".to_owned();
    progress(Progress::Begin {
        phase: PHASE,
        message,
        total: Some(total),
    });
    let read = Rc::new(Cell::new(0));
    let counted = Counted {
        inner: io::BufReader::new(file),
        read: Rc::clone(&read),
    };
    let mut tar = tar::Archive::new(GzDecoder::new(counted));
    let mut count = 0;
    for entry in tar.entries().map_err(&failed)? {
        let mut entry = entry.map_err(&failed)?;
        let path = entry.path().map_err(&failed)?.into_owned();
        let Some(place) = place(&path).map_err(|why| BridgeError::Install {
            message: format!("{}: the entry {}: {why}", archive.display(), path.display()),
        })?
        else {
            continue;
        };
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let mut bytes = Vec::with_capacity(entry.size() as usize);
        entry.read_to_end(&mut bytes).map_err(&failed)?;
        oleans::clear_is_module(&mut bytes).map_err(|e: PrepareError| BridgeError::Install {
            message: format!("{} in {}: {e}", path.display(), archive.display()),
        })?;
        let target = to.join(place);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).map_err(io_error("creating", parent))?;
        }
        fs::write(&target, &bytes).map_err(io_error("writing", &target))?;
        count += 1;
        progress(Progress::Advance {
            phase: PHASE,
            done: read.get(),
        });
    }
    progress(Progress::End { phase: PHASE });
    Ok(count)
}

/// Where an entry goes: nowhere unless it is an .olean file (and not macOS's `._` shadow of one).
fn place(path: &Path) -> Result<Option<PathBuf>, &'static str> {
    let mut place = PathBuf::new();
    for component in path.components() {
        match component {
            Component::Normal(part) => place.push(part),
            Component::CurDir => {}
            _ => return Err("it would land outside of the directory"),
        }
    }
    let shadow = place
        .file_name()
        .is_none_or(|n| n.to_string_lossy().starts_with("._"));
    let olean = place.extension().is_some_and(|e| e == "olean");
    Ok((olean && !shadow).then_some(place))
}

/// Counts what was read, for the progress bar.
struct Counted<R> {
    inner: R,
    read: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.read.set(self.read.get() + n as u64);
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};

    fn archive(dir: &Path, entries: &[(&str, &[u8])]) -> PathBuf {
        let path = dir.join("a.tar.gz");
        let gz = GzEncoder::new(File::create(&path).unwrap(), Compression::fast());
        let mut tar = tar::Builder::new(gz);
        for (name, bytes) in entries {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            // Written by hand, because the library refuses to write `..` itself.
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_cksum();
            tar.append(&header, *bytes).unwrap();
        }
        tar.into_inner().unwrap().finish().unwrap();
        path
    }

    fn olean() -> Vec<u8> {
        let mut b = b"olean\x02".to_vec();
        b.resize(84, 0);
        b.extend(88_u32.to_le_bytes());
        b.extend([0, 0, 0, 0, 32, 0, 5, 0]);
        b.extend([0; 20]);
        b.extend([1, 0, 0, 0]);
        b
    }

    #[test]
    fn takes_oleans_and_clears_their_flag() {
        let dir = tempfile::tempdir().unwrap();
        let olean = olean();
        let entries: [(&str, &[u8]); 4] = [
            ("./Init/A.olean", &olean),
            ("./Init/._A.olean", b"shadow"),
            ("./readme.txt", b"text"),
            ("B.olean", &olean),
        ];
        let path = archive(dir.path(), &entries);
        let to = dir.path().join("lib");
        assert_eq!(unpack(&path, &to, &|_| {}).unwrap(), 2);
        let names: Vec<_> = crate::files::walk(&to)
            .unwrap()
            .into_iter()
            .map(|f| f.0)
            .collect();
        assert_eq!(names.len(), 2, "{names:?}");
        assert_eq!(fs::read(to.join("Init/A.olean")).unwrap()[88 + 28], 0);
    }

    #[test]
    fn refuses_what_would_land_outside_and_what_is_no_olean() {
        let dir = tempfile::tempdir().unwrap();
        let to = dir.path().join("lib");
        for (name, bytes, words) in [
            ("../x.olean", &olean()[..], "outside"),
            ("/x.olean", &olean()[..], "outside"),
            ("x.olean", &b"no"[..], "not an .olean"),
        ] {
            let path = archive(dir.path(), &[(name, bytes)]);
            let error = unpack(&path, &to, &|_| {}).unwrap_err().to_string();
            assert!(error.contains(words), "{name}: {error}");
        }
        fs::write(dir.path().join("cut.tar.gz"), b"\x1f\x8b\x08").unwrap();
        assert!(unpack(&dir.path().join("cut.tar.gz"), &to, &|_| {}).is_err());
    }
}
