// Ads for the tests, written for them.

export const VAGUE_HE = {
  title: "דרוש/ה אלוף/ת סושיאל",
  text: `סטארטאפ צעיר ודינמי מחפש אלוף/ת סושיאל עם ראש גדול ותשוקה אמיתית.
מה בתפקיד? ניהול הנוכחות שלנו ברשתות, חיזוק המותג ועוד משימות לפי הצורך.
אין צורך בניסיון, העיקר חיוך ומוטיבציה.
שכר מתגמל למתאימים!`,
};

export const VAGUE_EN = {
  title: "Social Media Ninja",
  text: `We are an exciting, fast-paced brand looking for a ninja who lives and breathes social media.
You will manage our social presence, create engaging content and raise awareness.
No experience needed, just passion. Competitive salary!`,
};

export const CONCRETE_EN = {
  title: "Social Media Manager, Bakery Supplies",
  text: `You run Instagram and LinkedIn for a wholesaler of ovens that sells to 300 bakeries in Wales.
- Publish four posts a week and one recipe video a month, planned in Buffer.
- Spend £4,000 a month on Meta Ads; the target is 25 trade enquiries a month at £90 or less.
- Answer questions within one working day.
Two years of experience with a trade brand, a portfolio with numbers, Meta Ads Manager and GA4.
£34,000 to £38,000, permanent, 37 hours, two days a week in Cardiff.`,
};

/** A Hebrew ad with embedded English, digits, currency, a leading right-to-left mark and a list. */
export const MIXED = {
  title: "‏מנהל/ת Social Media לחברת SaaS",
  text: `‏חברה צעירה ודינמית מחפשת גורו ל-Facebook, Instagram ו-TikTok עם 3 פוסטים בשבוע.
התקציב: 12,500 ₪ בחודש ב-Meta Ads Manager, יעד של 45 לידים, ראש גדול ותשוקה.
- יצירתיות, Google Analytics 4 (GA4) ו-Canva, יחסי אנוש מעולים, מוטיבציה, חיוך ואנרגיה
- תודעת שירות גבוהה, יכולת עבודה בצוות, a passionate ninja and team player
- אמביציה, אסרטיביות, יכולת עבודה תחת לחץ, תקשורת בינאישית טובה
You will post 5 stories a week on Instagram, עם ראש גדול, for our customers.`,
};

const SENTENCES = {
  en: [
    "You will manage our social presence on Facebook and Instagram and raise awareness of the brand.",
    "Publish three posts a week in Hootsuite and report reach and leads to the marketing director every Monday.",
    "We are a dynamic, fast-paced team and want a passionate, creative self-starter who thinks outside the box.",
    "Answer comments within four hours, brief the designer, and keep the content calendar for the next two weeks.",
    "Two years of experience with consumer brands, a portfolio, and excellent communication skills are expected.",
    "We offer $52,000 a year, health insurance, hybrid work and a review of pay after six months.",
  ],
  he: [
    "בתפקיד: ניהול הנוכחות שלנו ב-Facebook וב-Instagram, חיזוק המותג והגדלת החשיפה.",
    "שלושה פוסטים בשבוע ב-Hootsuite ודוח חודשי על 120 לידים למנהלת השיווק בכל יום ראשון.",
    "אנחנו צוות צעיר ודינמי ומחפשים אלוף/ת סושיאל עם ראש גדול, יצירתיות ותשוקה אמיתית.",
    "מענה לתגובות בתוך ארבע שעות, תדרוך של המעצב וניהול גאנט תוכן לשבועיים הקרובים.",
    "שנתיים ניסיון עם מותגי צריכה, תיק עבודות ויחסי אנוש מעולים.",
    "אנחנו מציעים 11,000 ש״ח בחודש, קרן השתלמות, עבודה היברידית ובחינת שכר אחרי חצי שנה.",
  ],
};

/** About so many words, one sentence after another. */
export function long(words = 500, language = "en") {
  const sentences = SENTENCES[language];
  const said = [];
  for (let n = 0, place = 0; n < words; place += 1) {
    said.push(sentences[place % sentences.length]);
    n += sentences[place % sentences.length].split(" ").length;
  }
  return said.join("\n");
}
