//! Clears `ModuleData.isModule` in an .olean file.
//!
//! With the flag set, an import gives only what a module exports; cleared, the file imports at the
//! ordinary (private) level, as files without `module` need it.

use super::PrepareError;

/// Header: `olean`, version 2, flags, Lean's version and commit, base address.
const MAGIC: &[u8] = b"olean\x02";
/// The header's last field, the address that the file's pointers are relative to (low half).
const BASE_ADDRESS: usize = 80;
/// The first word after the header: the address of the root object (low half).
const ROOT_POINTER: usize = 84;
/// The root is a constructor with five pointer fields, so that its scalars begin here.
const SCALARS: usize = 28;
/// Size of that constructor object in bytes.
const ROOT_SIZE: u16 = 32;

/// Clears the flag in place; answers whether it was set.
///
/// # Errors
/// The bytes are not a 32-bit .olean file of the version that is known here.
pub fn clear_is_module(bytes: &mut [u8]) -> Result<bool, PrepareError> {
    if !bytes.starts_with(MAGIC) {
        return Err(PrepareError::Olean(
            "its first bytes are not `olean` and version 2",
        ));
    }
    let word = |at: usize| {
        bytes
            .get(at..at + 4)
            .and_then(|b| b.try_into().ok())
            .map(u32::from_le_bytes)
    };
    let cut = PrepareError::Olean("it is cut short");
    let (base, root) = word(BASE_ADDRESS)
        .zip(word(ROOT_POINTER))
        .ok_or_else(|| cut.clone())?;
    let at = root
        .checked_sub(base)
        .ok_or(PrepareError::Olean("its root lies before its beginning"))? as usize;
    let object = at
        .checked_add(SCALARS + 1)
        .and_then(|end| bytes.get_mut(at..end))
        .ok_or(cut)?;
    let size = u16::from_le_bytes([object[4], object[5]]);
    let (fields, tag) = (object[6], object[7]);
    if size != ROOT_SIZE || fields != 5 || tag != 0 || object[SCALARS] > 1 {
        return Err(PrepareError::Olean(
            "its root is not the ModuleData of this version",
        ));
    }
    Ok(std::mem::take(&mut object[SCALARS]) == 1)
}

/// Where the header names Lean's version, in 33 bytes that end with zeros.
const VERSION: std::ops::Range<usize> = 7..40;

/// Why a file with this header cannot be imported by the 32-bit Lean of this version; `None` if it
/// can.
///
/// A 64-bit file has the high half of its base address where a 32-bit one has its root pointer. The
/// former is below 2^16 and the latter above, since 32-bit base addresses begin at 2^16.
pub fn misfit(head: &[u8; 88], version: &str) -> Option<String> {
    if !head.starts_with(MAGIC) {
        return Some("it is not an .olean file of this format".into());
    }
    let root = u32::from_le_bytes([head[84], head[85], head[86], head[87]]);
    if root < 1 << 16 {
        return Some("it was compiled for 64 bits, and this Lean has 32".into());
    }
    let theirs = String::from_utf8_lossy(&head[VERSION]);
    let theirs = theirs.trim_end_matches('\0');
    (theirs != version).then(|| format!("it was compiled by Lean {theirs}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn olean(flag: u8) -> Vec<u8> {
        let mut b = b"olean\x02".to_vec();
        b.resize(BASE_ADDRESS, 0);
        b.extend(0x1000_u32.to_le_bytes());
        b.extend(0x1058_u32.to_le_bytes());
        b.extend([1, 0, 0, 0, 32, 0, 5, 0]);
        b.extend([7; 20]);
        b.extend([flag, 0, 0, 0]);
        b
    }

    #[test]
    fn clears_the_flag_and_nothing_else() {
        let mut set = olean(1);
        assert_eq!(clear_is_module(&mut set), Ok(true));
        assert_eq!(set, olean(0));
        assert_eq!(clear_is_module(&mut set), Ok(false));
    }

    #[test]
    fn refuses_other_layouts() {
        for (at, byte) in [
            (0, b'x'),
            (5, 3),
            (88 + 4, 40),
            (88 + 6, 4),
            (88 + 28, 2),
            (87, 1),
        ] {
            let mut b = olean(1);
            b[at] = byte;
            assert!(clear_is_module(&mut b).is_err(), "byte {at}");
        }
    }

    #[test]
    fn tells_files_of_other_leans() {
        let head = |version: &[u8], root: u32| {
            let mut head = [0_u8; 88];
            head[..6].copy_from_slice(MAGIC);
            head[7..7 + version.len()].copy_from_slice(version);
            head[84..].copy_from_slice(&root.to_le_bytes());
            misfit(&head, "4.28.0-pre").unwrap_or_default()
        };
        assert_eq!(head(b"4.28.0-pre", 0xb30c_4d18), "");
        assert!(head(b"4.29.0", 0xb30c_4d18).contains("compiled by Lean 4.29.0"));
        assert!(head(b"4.28.0-pre", 0x7fc0).contains("64 bits"));
        assert!(misfit(&[0; 88], "4").is_some());
    }

    proptest! {
        #[test]
        fn never_panics(tail in prop::collection::vec(any::<u8>(), 0..200), cut in 0_usize..120) {
            let mut b = olean(1);
            b.truncate(cut);
            b.extend(tail);
            let _ = clear_is_module(&mut b);
        }
    }
}
