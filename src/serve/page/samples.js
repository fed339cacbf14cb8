// Ads to start from, written for tachles.

/** `name` in both languages, and the ad. */
export const SAMPLES = [
  {
    name: { he: "מעורפלת", en: "Vague, Hebrew" },
    title: "דרוש/ה תותח/ית סושיאל",
    text: `חברה צעירה ודינמית מחפשת תותח/ית סושיאל עם ראש גדול ותשוקה לרשתות!
מה בתפקיד? ניהול הנוכחות שלנו ב-Instagram וב-TikTok, חיזוק המותג, הגדלת כמות העוקבים ועוד משימות לפי הצורך.
דרישות:
- יצירתיות וחשיבה מחוץ לקופסה
- יחסי אנוש מעולים ואנרגיות טובות
- אין צורך בניסיון, העיקר לבוא עם חיוך
שכר מתגמל למתאימים!`,
  },
  {
    name: { he: "קונקרטית", en: "Concrete, Hebrew" },
    title: "מנהל/ת תוכן ומדיה חברתית, מכון כושר לגיל השלישי",
    text: `המכון שלנו ברמת גן מאמן 400 בני 65 ומעלה. התוכן פונה אליהם ואל ילדיהם.
במסגרת התפקיד:
- שלושה פוסטים בשבוע בפייסבוק וסרטון תרגול אחד ב-YouTube, לפי לוח תוכן חודשי.
- מענה לפניות ב-WhatsApp בתוך שלוש שעות בימי חול.
- תקציב של 7,000 ש"ח בחודש ב-Meta Ads; יעד: 40 הרשמות לשיעור ניסיון בעלות של עד 90 ש"ח.
דרישות: שנתיים ניסיון בניהול עמודים עסקיים, שליטה ב-Canva וב-Meta Business Suite, תיק עבודות.
11,500 עד 13,000 ש"ח, חצי משרה גמישה, יומיים מהבית.`,
  },
  {
    name: { he: "מעורפלת, באנגלית", en: "Vague, English" },
    title: "Social Media Rockstar",
    text: `Are you passionate about social? We are a fast-paced, exciting brand and we want a rockstar who lives and breathes it.
You will own our social presence, create engaging content that goes viral, raise awareness and wear many hats.
- A great communicator with a can-do attitude
- Creative, energetic, a true team player
No experience needed. Competitive salary!`,
  },
  {
    name: { he: "קונקרטית, באנגלית", en: "Concrete, English" },
    title: "Paid Social Manager, Camping Gear",
    text: `Our shop sells tents and stoves to families in Ireland. You run its paid social.
- Spend €20,000 a month on Meta and TikTok; launch five new ads a week and stop the losers by Friday.
- Keep cost per purchase under €18; report ROAS by creative every Monday in Looker Studio.
- Answer comments within four working hours.
Three years in e-commerce, Meta Ads Manager and GA4, a portfolio with numbers.
€48,000 to €54,000, permanent, 37 hours, two days a week in Cork.`,
  },
];
