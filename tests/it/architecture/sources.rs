//! The sources as syntax trees, and what their code mentions.

use proc_macro2::{TokenStream, TokenTree};
use std::fs;
use std::path::{Path, PathBuf};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree};

/// A source file.
pub struct Source {
    /// Below `src`.
    pub path: PathBuf,
    pub lines: usize,
    pub syntax: syn::File,
    /// A file that its parent has in tests only.
    pub is_test: bool,
}

impl Source {
    /// The module at the top that it belongs to; `None` of the crate's roots.
    pub fn module(&self) -> Option<&str> {
        let mut parts = self.path.components();
        let first = parts.next()?.as_os_str().to_str()?;
        parts.next().map(|_| first)
    }

    pub fn is(&self, path: &str) -> bool {
        self.path == Path::new(path)
    }

    /// What its code outside tests mentions.
    pub fn mentions(&self) -> Vec<Mention> {
        let mut mentions = Mentions::in_module(module_path(&self.path));
        if !self.is_test {
            mentions.visit_file(&self.syntax);
        }
        mentions.found
    }
}

/// Every source file below a folder.
pub fn sources(root: &Path) -> Vec<Source> {
    let mut folders = vec![root.to_owned()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                sources.push(Source {
                    lines: text.lines().count(),
                    syntax: syn::parse_file(&text).unwrap(),
                    path: path.strip_prefix(root).unwrap().into(),
                    is_test: false,
                });
            }
        }
    }
    mark_tests(&mut sources);
    assert!(sources.len() > 50, "these are not all of the sources");
    sources
}

/// Marks the files of modules that are declared behind `#[cfg(test)]`, and of
/// those below them.
fn mark_tests(sources: &mut [Source]) {
    let tests: Vec<Vec<String>> = sources.iter().flat_map(test_modules).collect();
    for source in sources {
        let path = module_path(&source.path);
        source.is_test = tests.iter().any(|test| path.starts_with(test));
    }
}

fn test_modules(source: &Source) -> Vec<Vec<String>> {
    let declared = source.syntax.items.iter().filter_map(|item| match item {
        Item::Mod(module) if is_for_tests(&module.attrs) => Some(module.ident.to_string()),
        _ => None,
    });
    let parent = module_path(&source.path);
    let path = |name| parent.iter().cloned().chain([name]).collect();
    declared.map(path).collect()
}

/// The names from the crate's root to the module that a file holds.
fn module_path(file: &Path) -> Vec<String> {
    let names = file.with_extension("");
    let mut names: Vec<String> = names
        .iter()
        .map(|name| name.to_str().unwrap().to_owned())
        .collect();
    if names.last().is_some_and(|name| name == "mod") || names == ["lib"] || names == ["main"] {
        names.pop();
    }
    names
}

/// A path, macro or method that code names.
#[derive(Debug, PartialEq)]
pub struct Mention {
    pub kind: Kind,
    /// From `crate`, where it begins at `crate`, `self` or `super`.
    pub path: Vec<String>,
    pub line: usize,
    /// The macros among the arguments of a method.
    pub arguments: Vec<String>,
}

#[derive(Debug, PartialEq, Clone, Copy)]
pub enum Kind {
    Path,
    Macro,
    Method,
}

impl Mention {
    /// Anything whose path has a segment of these.
    pub fn names(&self, words: &[&str]) -> bool {
        self.path.iter().any(|name| words.contains(&name.as_str()))
    }

    /// A path that goes on from one of these, given as `std::fs`.
    pub fn is_in(&self, roots: &[&str]) -> bool {
        let path = self.path.join("::") + "::";
        self.kind == Kind::Path
            && roots
                .iter()
                .any(|root| path.starts_with(&format!("{root}::")))
    }

    /// A call of one of these macros or, with a point before its name, methods.
    pub fn calls(&self, names: &[&str]) -> bool {
        let last = self.path.last().map_or("", String::as_str);
        let call = match self.kind {
            Kind::Path => return false,
            Kind::Macro => format!("{last}!"),
            Kind::Method => format!(".{last}"),
        };
        names.contains(&call.as_str())
    }
}

/// Collects what code outside tests mentions.
struct Mentions {
    /// The module that is being read, from the crate's root.
    module: Vec<String>,
    found: Vec<Mention>,
}

impl Mentions {
    fn in_module(module: Vec<String>) -> Self {
        let found = Vec::new();
        Self { module, found }
    }

    fn add(&mut self, kind: Kind, path: &[String], line: usize) {
        let path = self.absolute_path(path);
        self.found.push(Mention {
            kind,
            path,
            line,
            arguments: Vec::new(),
        });
    }

    /// A path with `self` and `super` replaced by what they stand for.
    fn absolute_path(&self, path: &[String]) -> Vec<String> {
        let mut module = self.module.as_slice();
        let mut rest = path;
        if !matches!(path.first().map(String::as_str), Some("self" | "super")) {
            return path.to_vec();
        }
        while let Some((first, others)) = rest.split_first() {
            match first.as_str() {
                "self" => (),
                "super" => module = module.split_last().map_or(&[], |(_, above)| above),
                _ => break,
            }
            rest = others;
        }
        let root = ["crate".to_owned()];
        [&root, module, rest].concat()
    }

    fn add_use(&mut self, tree: &UseTree, before: &[String]) {
        let with = |name: String| [before, &[name]].concat();
        match tree {
            UseTree::Path(path) => self.add_use(&path.tree, &with(path.ident.to_string())),
            UseTree::Name(name) => {
                let path = with(name.ident.to_string());
                self.add(Kind::Path, &path, name.span().start().line);
            }
            UseTree::Rename(rename) => {
                let path = with(rename.ident.to_string());
                self.add(Kind::Path, &path, rename.span().start().line);
            }
            UseTree::Glob(glob) => {
                let path = with("*".to_owned());
                self.add(Kind::Path, &path, glob.span().start().line);
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.add_use(tree, before);
                }
            }
        }
    }

    /// What a macro is given is not parsed, as it may be anything: paths, macros
    /// and methods are told by their punctuation.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let is = |place: usize, c: char| matches!(tokens.get(place), Some(TokenTree::Punct(punct)) if punct.as_char() == c);
        let mut place = 0;
        while place < tokens.len() {
            let begin = place;
            match &tokens[place] {
                TokenTree::Group(group) => self.add_tokens(group.stream()),
                TokenTree::Ident(first) => {
                    let mut path = vec![first.to_string()];
                    while is(place + 1, ':') && is(place + 2, ':') {
                        let Some(TokenTree::Ident(next)) = tokens.get(place + 3) else {
                            break;
                        };
                        path.push(next.to_string());
                        place += 3;
                    }
                    let kind = if is(place + 1, '!') && !is(place + 2, '=') {
                        Kind::Macro
                    } else if begin > 0
                        && is(begin - 1, '.')
                        && matches!(tokens.get(place + 1), Some(TokenTree::Group(_)))
                    {
                        Kind::Method
                    } else {
                        Kind::Path
                    };
                    self.add(kind, &path, first.span().start().line);
                }
                _ => (),
            }
            place += 1;
        }
    }
}

impl<'a> Visit<'a> for Mentions {
    fn visit_item(&mut self, item: &'a Item) {
        if !is_for_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, module: &'a syn::ItemMod) {
        self.module.push(module.ident.to_string());
        visit::visit_item_mod(self, module);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'a syn::ItemUse) {
        self.add_use(&item.tree, &[]);
    }

    fn visit_item_extern_crate(&mut self, item: &'a syn::ItemExternCrate) {
        let path = [item.ident.to_string()];
        self.add(Kind::Path, &path, item.ident.span().start().line);
    }

    fn visit_impl_item_fn(&mut self, function: &'a syn::ImplItemFn) {
        if !is_for_tests(&function.attrs) {
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        let names = names(path);
        self.add(Kind::Path, &names, path.span().start().line);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, mac: &'a syn::Macro) {
        let names = names(&mac.path);
        self.add(Kind::Macro, &names, mac.path.span().start().line);
        self.add_tokens(mac.tokens.clone());
    }

    fn visit_expr_method_call(&mut self, call: &'a syn::ExprMethodCall) {
        let arguments = call.args.iter().filter_map(|argument| match argument {
            syn::Expr::Macro(mac) => mac.mac.path.segments.last(),
            _ => None,
        });
        self.found.push(Mention {
            kind: Kind::Method,
            path: vec![call.method.to_string()],
            line: call.method.span().start().line,
            arguments: arguments.map(|name| name.ident.to_string()).collect(),
        });
        visit::visit_expr_method_call(self, call);
    }
}

fn names(path: &syn::Path) -> Vec<String> {
    let segments = path.segments.iter();
    segments.map(|segment| segment.ident.to_string()).collect()
}

/// Anything with `test` in the condition under which it is compiled.
pub fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let syn::Meta::List(list) = &attribute.meta else {
            return false;
        };
        list.path.is_ident("cfg") && demands_tests(&list.tokens)
    })
}

/// `test`, or `all(…)` with it; in `any` and `not` it demands nothing.
fn demands_tests(condition: &TokenStream) -> bool {
    let tokens: Vec<TokenTree> = condition.clone().into_iter().collect();
    match tokens.as_slice() {
        [TokenTree::Ident(all), TokenTree::Group(group)] if all == "all" => group
            .stream()
            .into_iter()
            .any(|token| matches!(token, TokenTree::Ident(name) if name == "test")),
        [TokenTree::Ident(name)] => name == "test",
        _ => false,
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

#[test]
fn mentions_are_what_code_outside_tests_names() {
    let text = r#"
        use a::{b, c::*};
        use super::near; // std
        const URL: &str = "http://std.example"; const AFTER: x::Y = super::super::far();
        #[cfg(test)]
        mod tests { use std::fs; }
        #[cfg(all(test, unix))]
        fn only_here() { std::fs::read() }
        fn f() { z.unwrap(); vec![p::q(), r.expect("s"), t!()]; u.run(tvec!(v)) }
    "#;
    let mut mentions = Mentions::in_module(vec!["one".into(), "two".into()]);
    mentions.visit_file(&syn::parse_file(text).unwrap());
    let said: Vec<String> = mentions
        .found
        .iter()
        .map(|mention| format!("{:?} {}", mention.kind, mention.path.join("::")))
        .collect();
    let expected = [
        "Path a::b",
        "Path a::c::*",
        "Path crate::one::near",
        "Path str",
        "Path x::Y",
        "Path crate::far",
        "Method unwrap",
        "Path z",
        "Macro vec",
        "Path p::q",
        "Path r",
        "Method expect",
        "Macro t",
        "Method run",
        "Path u",
        "Macro tvec",
        "Path v",
    ];
    assert_eq!(said, expected);
    let run = &mentions.found[13];
    assert_eq!(run.arguments, ["tvec"]);
    assert_eq!(run.line, 9);
}
