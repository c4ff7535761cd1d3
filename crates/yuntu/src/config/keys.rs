//! What may stand in `yuntu.toml`, key by key, as a fault tells it.

use yuntu_terms::Text;

/// The sections, as a reader writes them.
pub(super) const SECTIONS: &str =
    "[database] [lake.s3] [ledger] [keys] [server] [web] [mail] [sms] [operator]";

/// A key and what to write there.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) section: &'static str,
    pub(super) name: &'static str,
    zh: &'static str,
    en: &'static str,
}

impl Key {
    /// Says what to write.
    pub(super) fn remedy(&self) -> Text {
        Text::new(self.zh, self.en)
    }
}

const fn key(section: &'static str, name: &'static str, zh: &'static str, en: &'static str) -> Key {
    Key {
        section,
        name,
        zh,
        en,
    }
}

/// Every key.
pub(super) const KEYS: &[Key] = &[
    key("", "region", "请写 \"CN\"", "write \"CN\""),
    key(
        "database",
        "url",
        "请写加引号的地址，如 \"postgres://…\"；省略时使用文件夹中的 SQLite 文件",
        "write an address in quotes, such as \"postgres://…\"; left out, a SQLite file in the folder is used",
    ),
    key(
        "lake.s3",
        "endpoint",
        "请写加引号的地址，如 \"https://…\"",
        "write an address in quotes, such as \"https://…\"",
    ),
    key(
        "lake.s3",
        "bucket",
        "请写加引号的存储桶名称",
        "write the name of the bucket in quotes",
    ),
    key(
        "lake.s3",
        "service_region",
        "请写加引号的地域，如 \"cn-north-1\"",
        "write the region in quotes, such as \"cn-north-1\"",
    ),
    key(
        "lake.s3",
        "access_key_id",
        "请写加引号的访问密钥 ID",
        "write the id of the access key in quotes",
    ),
    key(
        "lake.s3",
        "secret_access_key_file",
        "请写存放密钥的文件路径，密钥本身不写在此处",
        "write the path of the file that holds the secret key; the key itself does not stand here",
    ),
    key(
        "lake.s3",
        "allow_http",
        "请写 true 或 false",
        "write true or false",
    ),
    key(
        "ledger",
        "name",
        "请写加引号的账本名称",
        "write the name of the ledger in quotes",
    ),
    key(
        "keys",
        "suite",
        "请写 \"international\"（AES-256、SHA-256）或 \"national\"（SM4、SM3）；只影响此后产生的密钥",
        "write \"international\" (AES-256, SHA-256) or \"national\" (SM4, SM3); it is for keys made from now on",
    ),
    key(
        "keys",
        "module",
        "请写硬件密码模块 PKCS#11 库的路径，并同时填写 token 与 pin_file；省略时使用密钥文件",
        "write the path of the PKCS#11 library of a hardware module, together with `token` and `pin_file`; left out, a key file is used",
    ),
    key(
        "keys",
        "token",
        "请写加引号的令牌标签",
        "write the label of the token in quotes",
    ),
    key(
        "keys",
        "label",
        "请写加引号的密钥标签；省略时为 \"yuntu\"",
        "write the label of the key in quotes; left out it is \"yuntu\"",
    ),
    key(
        "keys",
        "pin_file",
        "请写存放令牌 PIN 的文件路径，PIN 本身不写在此处",
        "write the path of the file that holds the PIN of the token; the PIN itself does not stand here",
    ),
    key(
        "server",
        "listen",
        "请写加引号的地址与端口，如 \"127.0.0.1:8080\"",
        "write address and port in quotes, such as \"127.0.0.1:8080\"",
    ),
    key(
        "server",
        "certificate",
        "请写 PEM 证书文件的路径，如 \"keys/site.pem\"，并同时填写 key",
        "write the path of the certificate in PEM, such as \"keys/site.pem\", together with `key`",
    ),
    key(
        "server",
        "key",
        "请写 PEM 私钥文件的路径，如 \"keys/site.key\"，并同时填写 certificate",
        "write the path of the private key in PEM, such as \"keys/site.key\", together with `certificate`",
    ),
    key(
        "server",
        "redirect",
        "请写加引号的地址与端口，如 \"0.0.0.0:80\"；来此而未用 TLS 的人会被转到 [web] 的 origin",
        "write address and port in quotes, such as \"0.0.0.0:80\"; whoever comes there without TLS is sent to the origin of [web]",
    ),
    key(
        "web",
        "origin",
        "请写加引号的 https:// 加域名，末尾不带斜杠，如 \"https://yuntu.example\"；本机试用可省略",
        "write https:// and a name in quotes, without a slash at the end, such as \"https://yuntu.example\"; left out it does on one's own machine",
    ),
    key(
        "mail",
        "host",
        "请写加引号的邮件服务器域名或 IP 地址，如 \"smtp.example.cn\"",
        "write the domain name or IP address of the mail server in quotes, such as \"smtp.example.cn\"",
    ),
    key(
        "mail",
        "port",
        "请写 1 至 65535 的整数，不加引号，如 587；省略时按 security 取 587、465 或 25",
        "write a whole number from 1 to 65535 without quotes, such as 587; left out it is 587, 465 or 25 by `security`",
    ),
    key(
        "mail",
        "security",
        "请写 \"starttls\"、\"tls\" 或 \"plain\"（仅限本机）",
        "write \"starttls\", \"tls\" or \"plain\" (this machine only)",
    ),
    key(
        "mail",
        "ca_file",
        "请写所信任的证书颁发机构文件（PEM）的路径；省略时使用系统的",
        "write the path of a file of authorities to trust, in PEM; left out, those of the system are used",
    ),
    key(
        "mail",
        "username",
        "请写加引号的登录名，并同时填写 password_file",
        "write the name to sign in with in quotes, together with `password_file`",
    ),
    key(
        "mail",
        "password_file",
        "请写存放密码的文件路径，如 \"keys/smtp\"，密码本身不写在此处",
        "write the path of the file that holds the password, such as \"keys/smtp\"; the password itself does not stand here",
    ),
    key(
        "mail",
        "from",
        "请写加引号的发件邮箱，如 \"no-reply@example.cn\"",
        "write the sender's mail address in quotes, such as \"no-reply@example.cn\"",
    ),
    key(
        "mail",
        "region",
        "请写邮件服务器所在的地域：\"CN\"",
        "write where the mail server stands: \"CN\"",
    ),
    key(
        "mail",
        "time_limit_seconds",
        "请写 1 至 300 的整数，不加引号",
        "write a whole number from 1 to 300 without quotes",
    ),
    key(
        "sms",
        "endpoint",
        "请写加引号的服务域名；省略时为 \"dysmsapi.aliyuncs.com\"",
        "write the host of the service in quotes; left out it is \"dysmsapi.aliyuncs.com\"",
    ),
    key(
        "sms",
        "access_key_id",
        "请写加引号的访问密钥 ID",
        "write the id of the access key in quotes",
    ),
    key(
        "sms",
        "access_key_secret_file",
        "请写存放访问密钥的文件路径，如 \"keys/sms\"，密钥本身不写在此处",
        "write the path of the file that holds the secret of the access key, such as \"keys/sms\"; the secret itself does not stand here",
    ),
    key(
        "sms",
        "sign_name",
        "请写加引号的、经服务商批准的短信签名，如 \"云图\"",
        "write the signature that the provider has approved, in quotes",
    ),
    key(
        "sms",
        "templates",
        "请为每类短信写 templates.类别 = { zh = \"SMS_…\", en = \"SMS_…\" }；类别为 code、account_exists、contact_changed、password_changed、factor_changed、new_sign_in、sign_in_held、invitation、certification_changed、paper_ending、duty_due、standing_changed、report_answered、measure_news、help_news、statement_changed",
        "for each kind of message write templates.KIND = { zh = \"SMS_…\", en = \"SMS_…\" }; the kinds are code, account_exists, contact_changed, password_changed, factor_changed, new_sign_in, sign_in_held, invitation, certification_changed, paper_ending, duty_due, standing_changed, report_answered, measure_news, help_news and statement_changed",
    ),
    key(
        "sms",
        "time_limit_seconds",
        "请写 1 至 300 的整数，不加引号",
        "write a whole number from 1 to 300 without quotes",
    ),
    key(
        "operator",
        "name",
        "请写加引号的注册名称",
        "write the registered name in quotes",
    ),
    key(
        "operator",
        "address",
        "请写加引号的邮寄地址",
        "write the postal address in quotes",
    ),
    key(
        "operator",
        "privacy_email",
        "请写加引号的隐私邮箱",
        "write the privacy mailbox in quotes",
    ),
    key(
        "operator",
        "privacy_phone",
        "请写加引号的隐私电话",
        "write the privacy telephone in quotes",
    ),
    key(
        "operator",
        "privacy_officer",
        "请写加引号的个人信息保护负责人",
        "write the person in charge of personal information protection in quotes",
    ),
    key(
        "operator",
        "website",
        "请写加引号的网址",
        "write the address of the website in quotes",
    ),
];
