use yuntu_terms::Text;

/// Why a file is not taken; it quotes neither name nor content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum FileFault {
    /// It has no bytes.
    #[error("the file is empty")]
    Empty,
    /// It has more bytes than are taken.
    #[error("the file is larger than 5 MiB")]
    TooLarge,
    /// By its content it is none of the kinds that are taken.
    #[error("the content is neither PDF nor PNG nor JPEG")]
    Kind,
    /// Its name ends otherwise than its content asks.
    #[error("the ending of the name does not fit the content")]
    Ending,
    /// Its name holds a path, a control character or a mark that changes the order of reading.
    #[error("the name holds a path or hidden characters")]
    Name,
    /// It is not built as files of its kind are.
    #[error("the file is damaged or incomplete")]
    Damaged,
    /// Something follows its end, or it is a file of another kind at the same time.
    #[error("something else follows the end of the file")]
    Appended,
    /// As a picture it would be too large to open.
    #[error("the picture has too many pixels")]
    TooManyPixels,
    /// It would run something, or holds other files.
    #[error("the document holds scripts, actions or other files")]
    Active,
    /// It cannot be read without a password.
    #[error("the document is encrypted")]
    Encrypted,
}

impl FileFault {
    /// Every fault.
    pub const ALL: [Self; 10] = [
        Self::Empty,
        Self::TooLarge,
        Self::Kind,
        Self::Ending,
        Self::Name,
        Self::Damaged,
        Self::Appended,
        Self::TooManyPixels,
        Self::Active,
        Self::Encrypted,
    ];

    /// Says what is wrong and what to do, to the person who handed the file in.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::Empty => Text::new(
                "文件是空的，请重新选择",
                "The file is empty; please choose it again.",
            ),
            Self::TooLarge => Text::new(
                "文件超过 5 MiB，请压缩或降低扫描分辨率后再传",
                "The file is larger than 5 MiB; scan it at a lower resolution and try again.",
            ),
            Self::Kind => Text::new(
                "文件内容不是 PDF、PNG 或 JPEG，请另存为其中一种",
                "By its content the file is neither PDF nor PNG nor JPEG; save it as one of these.",
            ),
            Self::Ending => Text::new(
                "文件名的扩展名与内容不符，请改为正确的扩展名",
                "The ending of the file's name does not fit its content; please correct it.",
            ),
            Self::Name => Text::new(
                "文件名不能含路径、换行或不可见字符，请改名后再传",
                "The file's name must hold no path, line break or hidden character; rename it and try again.",
            ),
            Self::Damaged => Text::new(
                "文件已损坏或不完整，请重新扫描或另存",
                "The file is damaged or incomplete; scan or save it anew.",
            ),
            Self::Appended => Text::new(
                "文件结尾之后还有其他内容，请另存或重新扫描成单一文件",
                "Something else follows the end of the file; save or scan it anew as one plain file.",
            ),
            Self::TooManyPixels => Text::new(
                "图片尺寸过大（单边最多 20000 像素，总共最多 7000 万像素），请缩小后再传",
                "The picture is too large (at most 20,000 pixels a side and 70 million in all); make it smaller.",
            ),
            Self::Active => Text::new(
                "PDF 内含脚本、动作或附件，请打印为普通 PDF 后再传",
                "The PDF holds scripts, actions or attachments; print it to a plain PDF and try again.",
            ),
            Self::Encrypted => Text::new(
                "PDF 已加密，审核人员无法阅读，请去除密码后再传",
                "The PDF is encrypted and cannot be reviewed; remove the password and try again.",
            ),
        }
    }
}
