import { describe, expect, it } from "vitest";
import { cleanAddress } from "../src/address";
import { gateway, settle, start, useBrowser } from "./page";

useBrowser();

const page = "https://shop.example/a/b";

describe("an address that is sent", () => {
  it.each([
    // What rules and people read stays as it is, to the letter.
    ["", ""],
    ["?plan=pro&q=a%20b+c&list[]=1&empty=&flag", "?plan=pro&q=a%20b+c&list[]=1&empty=&flag"],
    [
      "?utm_source=mail&author=ann&state=CA&session=morning&promo_code=X",
      "?utm_source=mail&author=ann&state=CA&session=morning&promo_code=X",
    ],
    ["#/orders/7?tab=open", "#/orders/7?tab=open"],
    ["#!/orders", "#!/orders"],
    ["#pricing", "#pricing"],
    // What opens something goes.
    ["?token=abc", ""],
    ["?a=1&access_token=abc&b=2", "?a=1&b=2"],
    ["?code=4/0Ab&state=xyz", "?state=xyz"],
    ["?Reset_Password_Token=abc&a=1", "?a=1"],
    ["?password=x&new-passwd=y&pwd=z&otp=1&sid=2&api_key=3&apiKey=4&X-Amz-Signature=5", ""],
    ["?reset=abc", ""],
    ["?invite=abc&ticket=ST-1&jwt=a.b.c&oauth_verifier=v", ""],
    ["?t%6Fken=abc", ""],
    ["?user[token]=abc", ""],
    ["?go=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", ""],
    ["?next=%2Fpay%3Ftoken%3Dabc&a=1", "?a=1"],
    ["?next=%2Fpay%3Fplan%3Dpro", "?next=%2Fpay%3Fplan%3Dpro"],
    ["?bad=%E0%A4%A", ""],
    ["#access_token=abc&token_type=bearer", ""],
    ["#eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", ""],
    ["#4f9d2c", ""],
    ["#/reset?token=abc&a=1", "#/reset?a=1"],
    ["?a=1#id_token=abc", "?a=1"],
  ])("keeps of %s: %s", (given, kept) => {
    expect(cleanAddress(page + given)).toBe(page + kept);
  });

  it("has no name and password before the host", () => {
    expect(cleanAddress("https://ann:pw@shop.example/a?b=@c")).toBe("https://shop.example/a?b=@c");
  });

  it("can be told what is no secret, what is one, and what to do with fragments", () => {
    const given = `${page}?code=SPRING&ref=ann&token=abc#part-2`;

    expect(cleanAddress(given, { keep: ["Code"] })).toBe(`${page}?code=SPRING&ref=ann`);
    expect(cleanAddress(given, { drop: ["REF"] })).toBe(page);
    expect(cleanAddress(given, { fragment: "all" })).toBe(`${page}?ref=ann#part-2`);
    expect(cleanAddress(`${page}#/orders`, { fragment: "none" })).toBe(page);
    expect(cleanAddress(`${page}#a=1&token=abc`, { fragment: "all" })).toBe(`${page}#a=1`);
  });
});

describe("what pages record", () => {
  it("has clean addresses, in the event and in the referrer", async () => {
    history.replaceState(null, "", "/reset?token=abc&x=1#access_token=def");
    Object.defineProperty(document, "referrer", { configurable: true, value: "https://id.example/cb?code=123&x=2" });
    const dap = await start();
    void dap("page");
    await settle(300);

    expect(gateway.events()[0]).toMatchObject({
      url: "https://shop.example/reset?x=1",
      properties: { path: "/reset", referrer: "https://id.example/cb?x=2" },
    });
    Object.defineProperty(document, "referrer", { configurable: true, value: "" });
  });

  it("is what the options say", async () => {
    history.replaceState(null, "", "/a?code=SPRING&ref=ann#part-2");
    const dap = await start({ address: { keep: ["code"], drop: ["ref"], fragment: "all" } });
    void dap("track", "x");
    await settle(300);

    expect(gateway.events()[0]).toMatchObject({ url: "https://shop.example/a?code=SPRING#part-2" });
  });
});
