use yuntu_statement::{Statement, render};
use yuntu_terms::Lang;

fn table(lang: Lang) -> String {
    render::purposes(Statement::in_force().unwrap(), lang)
}

#[test]
fn the_table_of_purposes_is_the_one_that_was_agreed() {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/golden");
    for (lang, name) in [(Lang::Zh, "purposes.zh.txt"), (Lang::En, "purposes.en.txt")] {
        let path = format!("{golden}/{name}");
        let agreed = std::fs::read_to_string(&path).unwrap_or_default();
        if agreed != table(lang) {
            let fresh = std::env::temp_dir().join(name);
            std::fs::write(&fresh, table(lang)).unwrap();
            panic!(
                "{path} differs; the new table is {}: read it, and copy it there if it is meant",
                fresh.display()
            );
        }
    }
}
