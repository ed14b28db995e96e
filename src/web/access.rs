//! Access control: a browser can be made to ask anything of anybody.
//!
//! A page of somebody else's can send requests to this server from the browser
//! of who looks at it; its `Origin` gives it away. By DNS rebinding it can make
//! its own name lead here, so that the origin is the server's; `Host` gives that
//! away. Beyond loopback, everybody in the network could ask: there a token is
//! needed, which the page is given in its address, behind the `#` that browsers
//! keep to themselves.

use super::problem::Problem;
use hyper::header::{AUTHORIZATION, HOST, HeaderMap, HeaderName, ORIGIN, WWW_AUTHENTICATE};
use hyper::http::uri::Authority;
use hyper::{Request, StatusCode, Uri};
use std::net::IpAddr;

/// The header in which a browser says which site a request is from.
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The rules for all requests.
pub(super) struct Access {
    /// True when only names of this machine itself are taken.
    pub loopback: bool,
    /// Further names that lead here.
    pub names: Vec<String>,
    /// The token that the API asks for.
    pub token: Option<String>,
}

impl Access {
    /// Checks the host, the origin and the token of a request.
    ///
    /// # Errors
    /// [`Problem`] when one of them is wrong.
    pub fn check<B>(&self, request: &Request<B>) -> Result<(), Problem> {
        let headers = request.headers();
        let host = self.host(request.uri(), headers)?;
        let path = request.uri().path();
        let tells = path.starts_with("/api/") || path == "/metrics";
        if tells {
            check_origin(headers, host.as_str())?;
            self.check_token(headers)?;
        }
        Ok(())
    }

    fn host(&self, uri: &Uri, headers: &HeaderMap) -> Result<Authority, Problem> {
        let mut hosts = headers.get_all(HOST).iter();
        let host = hosts.next().and_then(|host| host.to_str().ok());
        // Whom a name is asked for is no part of it.
        let host = host.filter(|host| !host.contains('@'));
        let host = host.and_then(|host| host.parse::<Authority>().ok());
        let host = host.filter(|_| hosts.next().is_none());
        let host = host.filter(|host| uri.authority().is_none_or(|other| other == host));
        host.filter(|host| self.leads_here(host.host()))
            .ok_or_else(|| {
                let detail = "this name does not lead here; open the address that was printed \
                              at the start, or start the program with --name NAME";
                Problem::new(StatusCode::MISDIRECTED_REQUEST, detail)
            })
    }

    /// Returns true for an address or a name that nobody else can make lead here.
    fn leads_here(&self, host: &str) -> bool {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let by_address = bare
            .parse::<IpAddr>()
            .is_ok_and(|address| !self.loopback || address.is_loopback());
        let named = |name: &String| name.eq_ignore_ascii_case(host);
        by_address || host.eq_ignore_ascii_case("localhost") || self.names.iter().any(named)
    }

    fn check_token(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let Some(token) = &self.token else {
            return Ok(());
        };
        let given = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        if given.is_some_and(|given| is_same(given.as_bytes(), token.as_bytes())) {
            return Ok(());
        }
        let detail = "a token is needed; open the whole address that was printed at the start";
        Err(Problem {
            header: Some((WWW_AUTHENTICATE, "Bearer")),
            ..Problem::new(StatusCode::UNAUTHORIZED, detail)
        })
    }
}

/// Refuses other sites' pages, which send their origin or `null`; programs send
/// none.
fn check_origin(headers: &HeaderMap, host: &str) -> Result<(), Problem> {
    let is_ours = |origin: &str| {
        let authority = origin.split_once("://").map(|(_, authority)| authority);
        authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
    };
    let origins = headers.get_all(ORIGIN).iter();
    let mut origins = origins.map(|origin| origin.to_str().unwrap_or_default());
    let site = headers.get(FETCH_SITE);
    let site = site.map_or("none", |site| site.to_str().unwrap_or_default());
    if origins.all(is_ours) && ["none", "same-origin"].contains(&site) {
        return Ok(());
    }
    let detail = "another site's page asked for this; only this server's own page and programs may";
    Err(Problem::new(StatusCode::FORBIDDEN, detail))
}

/// Compares tokens in a time that does not depend on where they differ.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    let differ = one.iter().zip(other).fold(0, |sum, (a, b)| sum | (a ^ b));
    one.len() == other.len() && differ == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Who is asked, for what, with which headers, and the status of the answer.
    type Row<'a> = (&'a Access, &'a str, &'a [(&'a str, &'a str)], u16);

    fn asked(access: &Access, uri: &str, headers: &[(&str, &str)]) -> u16 {
        let mut request = Request::builder().uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let outcome = access.check(&request.body(()).unwrap());
        outcome.map_or_else(|problem| problem.status.as_u16(), |()| 200)
    }

    #[test]
    fn whom_each_host_and_origin_lets_in() {
        let access = |loopback, token: Option<&str>| Access {
            loopback,
            names: vec!["board.local".into()],
            token: token.map(str::to_owned),
        };
        let (near, far) = (access(true, None), access(false, Some("t0k")));
        let (host, origin, site) = ("host", "origin", "sec-fetch-site");
        let local = (host, "127.0.0.1:80");
        let bearer = ("authorization", "Bearer t0k");
        let page = "/";
        let api = "/api/model";
        let rows: &[Row] = &[
            (&near, page, &[local], 200),
            (&near, api, &[local], 200),
            (&near, api, &[(host, "localhost:9")], 200),
            (&near, api, &[(host, "LOCALHOST")], 200),
            (&near, api, &[(host, "[::1]:80")], 200),
            (&near, api, &[(host, "127.9.9.9")], 200),
            (&near, api, &[(host, "board.local:80")], 200),
            (&near, api, &[(host, "192.168.0.1")], 421),
            (&near, api, &[(host, "evil.example")], 421),
            (&near, api, &[(host, "localhost.evil.example")], 421),
            (&near, api, &[(host, "127.0.0.1.evil.example")], 421),
            (&near, api, &[(host, "user@localhost")], 421),
            (&near, api, &[(host, "")], 421),
            (&near, api, &[], 421),
            (&near, api, &[local, local], 421),
            (&near, page, &[(host, "evil.example")], 421),
            (&near, "http://evil.example/api/model", &[local], 421),
            (&near, "http://127.0.0.1:80/api/model", &[local], 200),
            (&near, api, &[local, (origin, "http://127.0.0.1:80")], 200),
            (&near, api, &[local, (origin, "https://127.0.0.1:80")], 200),
            (&near, api, &[local, (origin, "http://127.0.0.1:81")], 403),
            (&near, api, &[local, (origin, "http://evil.example")], 403),
            (&near, api, &[local, (origin, "null")], 403),
            (&near, api, &[local, (origin, "")], 403),
            (&near, page, &[local, (origin, "http://evil.example")], 200),
            (&near, api, &[local, (site, "same-origin")], 200),
            (&near, api, &[local, (site, "none")], 200),
            (&near, api, &[local, (site, "same-site")], 403),
            (&near, api, &[local, (site, "cross-site")], 403),
            (&far, page, &[(host, "192.168.0.1:80")], 200),
            (&far, api, &[(host, "192.168.0.1:80"), bearer], 200),
            (&far, api, &[(host, "board.local"), bearer], 200),
            (&far, api, &[(host, "evil.example"), bearer], 421),
            (&far, api, &[local], 401),
            (&far, "/metrics", &[local], 401),
            (&far, "/metrics", &[local, bearer], 200),
            (&near, "/metrics", &[local, (origin, "null")], 403),
            (&far, api, &[local, ("authorization", "Bearer t0")], 401),
            (&far, api, &[local, ("authorization", "Bearer t0kk")], 401),
            (&far, api, &[local, ("authorization", "Basic t0k")], 401),
        ];
        for (access, uri, headers, status) in rows {
            assert_eq!(asked(access, uri, headers), *status, "{uri} {headers:?}");
        }
    }
}
