//! How long functions are. `cargo test --test it function_lengths -- --nocapture`
//! prints the table, of other sources where `UNDERTONE_SOURCES` names their folder.

use super::sources::{Source, is_for_tests, sources};
use std::path::PathBuf;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// The upper ends of the table's rows, in lines.
const ROWS: [usize; 9] = [5, 10, 15, 20, 30, 40, 50, 70, usize::MAX];

/// A function, from its first line without attributes to its last.
pub struct Function {
    pub place: String,
    pub lines: usize,
    pub is_test: bool,
}

/// Collects the functions of one file.
struct Functions<'a> {
    source: &'a Source,
    is_test: bool,
    found: Vec<Function>,
}

impl Functions<'_> {
    fn add(&mut self, signature: &syn::Signature, block: &syn::Block, is_test: bool) {
        let begin = signature.span().start().line;
        self.found.push(Function {
            place: format!(
                "src/{}:{begin}: {}",
                self.source.path.display(),
                signature.ident
            ),
            lines: block.span().end().line + 1 - begin,
            is_test: self.is_test || is_test,
        });
    }
}

impl<'a> Visit<'a> for Functions<'_> {
    fn visit_item_mod(&mut self, module: &'a syn::ItemMod) {
        let outside = self.is_test;
        self.is_test |= is_for_tests(&module.attrs);
        visit::visit_item_mod(self, module);
        self.is_test = outside;
    }

    fn visit_item_fn(&mut self, function: &'a syn::ItemFn) {
        self.add(
            &function.sig,
            &function.block,
            is_for_tests(&function.attrs),
        );
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'a syn::ImplItemFn) {
        self.add(
            &function.sig,
            &function.block,
            is_for_tests(&function.attrs),
        );
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'a syn::TraitItemFn) {
        if let Some(block) = &function.default {
            self.add(&function.sig, block, false);
        }
        visit::visit_trait_item_fn(self, function);
    }
}

/// The functions of these sources.
pub fn functions(sources: &[Source]) -> Vec<Function> {
    let of = |source: &Source| {
        let is_test = source.is_test;
        let mut functions = Functions {
            source,
            is_test,
            found: Vec::new(),
        };
        functions.visit_file(&source.syntax);
        functions.found
    };
    sources.iter().flat_map(of).collect()
}

/// The value below which a share of the sorted lengths lies.
fn quantile(sorted: &[usize], share: f64) -> usize {
    let place = (sorted.len() as f64 * share) as usize;
    sorted.get(place).or(sorted.last()).copied().unwrap_or(0)
}

#[test]
fn function_lengths() {
    let folder = std::env::var_os("UNDERTONE_SOURCES").map(PathBuf::from);
    let functions = functions(&sources(&folder.unwrap_or_else(super::root)));
    let columns = [false, true].map(|tests| {
        let of_column = functions
            .iter()
            .filter(|function| function.is_test == tests);
        let mut lengths: Vec<usize> = of_column.map(|function| function.lines).collect();
        lengths.sort_unstable();
        lengths
    });
    let row = |name: &str, value: &dyn Fn(&[usize]) -> usize| {
        let [program, tests] = columns.each_ref().map(|lengths| value(lengths));
        println!("{name:>10} {program:>8} {tests:>8}");
    };
    println!("{:>10} {:>8} {:>8}", "lines", "program", "tests");
    let mut above = 0;
    for end in ROWS {
        let name = match end {
            usize::MAX => format!("> {above}"),
            end => format!("{}-{end}", above + 1),
        };
        let fits = |length: &&usize| **length > above && **length <= end;
        row(&name, &|lengths| lengths.iter().filter(fits).count());
        above = end;
    }
    row("functions", &|lengths| lengths.len());
    row("median", &|lengths| quantile(lengths, 0.5));
    row("95 %", &|lengths| quantile(lengths, 0.95));
    row("longest", &|lengths| quantile(lengths, 1.0));
    for function in functions.iter().filter(|function| function.lines > 50) {
        println!("{} lines: {}", function.lines, function.place);
    }
}
