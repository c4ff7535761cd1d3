use super::check::FileKind;
use super::fault::FileFault;

const CHARS_MAX: usize = 100;
/// What some system or header gives a meaning to.
const RESERVED: &str = "<>:\"|?*;%'`$&#{}=,";

/// Makes a name under which a file of this kind can be handed out: one line without a path, in any script, with the usual
/// ending of its kind.
///
/// # Errors
/// [`FileFault::Name`] for a path and for characters that nobody sees, [`FileFault::Ending`] for the ending of another kind.
pub(super) fn safe(declared: &str, kind: FileKind) -> Result<String, FileFault> {
    let hidden = |sign: char| {
        sign.is_control()
            || matches!(sign, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
    };
    if declared.contains(['/', '\\']) || declared.chars().any(hidden) {
        return Err(FileFault::Name);
    }
    let declared = declared.trim();
    let (stem, ending) = declared.rsplit_once('.').unwrap_or((declared, ""));
    let fits = |known: &&str| ending.eq_ignore_ascii_case(known);
    if !ending.is_empty() && !kind.endings().iter().any(fits) {
        return Err(FileFault::Ending);
    }
    let stem = stem.trim_matches(|sign: char| sign == '.' || sign.is_whitespace());
    let mut name: String = stem
        .chars()
        .take(CHARS_MAX)
        .map(|sign| if RESERVED.contains(sign) { '_' } else { sign })
        .collect();
    if name.is_empty() {
        name.push_str("file");
    }
    name.push('.');
    name.push_str(kind.code());
    Ok(name)
}
