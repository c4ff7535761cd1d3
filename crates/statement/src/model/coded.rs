/// Makes a closed list: an enum with a stable code and a name in both languages for each value.
macro_rules! coded {
    ($(#[$meta:meta])* $name:ident { $($variant:ident = $code:literal, $zh:literal, $en:literal;)+ }) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
        )]
        pub enum $name {
            $(
                #[doc = concat!("Code `", $code, "`: ", $en, ".")]
                #[serde(rename = $code)]
                $variant,
            )+
        }

        impl $name {
            /// Every value, in the order of the declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the stable code used in files and APIs.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)+
                }
            }

            /// Returns the name in one language.
            #[must_use]
            pub const fn name(self, lang: yuntu_terms::Lang) -> &'static str {
                match (self, lang) {
                    $(
                        (Self::$variant, yuntu_terms::Lang::Zh) => $zh,
                        (Self::$variant, yuntu_terms::Lang::En) => $en,
                    )+
                }
            }
        }

        impl $crate::model::coded::Coded for $name {
            fn code(self) -> &'static str {
                $name::code(self)
            }

            fn name(self, lang: yuntu_terms::Lang) -> &'static str {
                $name::name(self, lang)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.code())
            }
        }
    };
}

/// Makes a short machine id: words of a to z, 0 to 9 and `_`, starting with a letter, 48 characters at most.
macro_rules! slug {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
        )]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Returns the id.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::model::coded::InvalidSlug;

            fn try_from(text: String) -> Result<Self, $crate::model::coded::InvalidSlug> {
                if $crate::model::coded::is_slug(&text) {
                    Ok(Self(text))
                } else {
                    Err($crate::model::coded::InvalidSlug(()))
                }
            }
        }

        impl TryFrom<&str> for $name {
            type Error = $crate::model::coded::InvalidSlug;

            fn try_from(text: &str) -> Result<Self, $crate::model::coded::InvalidSlug> {
                Self::try_from(text.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

pub(crate) use {coded, slug};

/// A value of a closed list.
pub(crate) trait Coded: Copy + PartialEq {
    /// Returns the stable code.
    fn code(self) -> &'static str;

    /// Returns the name in one language.
    fn name(self, lang: yuntu_terms::Lang) -> &'static str;
}

/// The text is not a short machine id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "not an id: expected a to z, 0 to 9 and `_`, starting with a letter, 48 characters at most"
)]
pub struct InvalidSlug(pub(super) ());

pub(super) fn is_slug(text: &str) -> bool {
    text.len() <= 48
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .bytes()
            .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}
