import { chromium } from "playwright-core"; import {spawn} from "node:child_process";
const b=await chromium.launch({executablePath:"/usr/bin/chromium",args:["--headless","--no-sandbox","--disable-gpu","--disable-quic","--no-first-run","--disable-background-networking","--disable-component-update","--disable-sync"]});
const scenes=(process.argv[2]||"dip,numeric,empty").split(",");
let port=8100;
for(const s of scenes){port++;const p=spawn(process.execPath,["/tmp/stub.mjs",String(port),s],{stdio:"inherit"});await new Promise(r=>setTimeout(r,400));
for(const [n,o] of [["l",{viewport:{width:390,height:844},deviceScaleFactor:2,hasTouch:true,isMobile:true,colorScheme:"light"}],["d",{viewport:{width:390,height:844},deviceScaleFactor:2,hasTouch:true,isMobile:true,colorScheme:"dark"}],["w",{viewport:{width:1280,height:800},colorScheme:"light"}]]){
 if(process.argv[3]&&!process.argv[3].includes(n))continue;
 const c=await b.newContext(o);const pg=await c.newPage();pg.on("console",m=>{if(m.type()==="error"&&!m.text().includes("404"))console.log("CONSOLE",m.text())});pg.on("pageerror",e=>console.log("PAGEERR",e.message));
 await pg.goto(`http://127.0.0.1:${port}/`);if(n==="l"&&s==="dip")await pg.screenshot({path:`/tmp/s-signin-${n}.png`});
 await pg.click("button[type=submit]");await pg.waitForTimeout(1200);await pg.screenshot({path:`/tmp/s-${s}-${n}.png`});
 if(s==="dip"){ if(n!=="w"){const cdp=await c.newCDPSession(pg);await cdp.send("Input.dispatchTouchEvent",{type:"touchStart",touchPoints:[{x:150,y:300}]});for(let i=1;i<=14;i++)await cdp.send("Input.dispatchTouchEvent",{type:"touchMove",touchPoints:[{x:150+i*11,y:300}]});await pg.waitForTimeout(250);await pg.screenshot({path:`/tmp/s-drag-${n}.png`});await cdp.send("Input.dispatchTouchEvent",{type:"touchEnd",touchPoints:[]});}
  else await pg.keyboard.press("ArrowRight");
  await pg.waitForTimeout(900);await pg.screenshot({path:`/tmp/s-after-${n}.png`});
  await pg.click("button[aria-label^='Kill']");await pg.waitForTimeout(400);await pg.screenshot({path:`/tmp/s-kill-${n}.png`});await pg.keyboard.press("Escape");await pg.waitForTimeout(600);
  await pg.goto(`http://127.0.0.1:${port}/activity`);await pg.waitForTimeout(2800);await pg.screenshot({path:`/tmp/s-activity-${n}.png`});
  await pg.click("[data-story]:nth-child(2) a");await pg.waitForTimeout(500);await pg.screenshot({path:`/tmp/s-trace-${n}.png`});}
 await c.close();}
p.kill();}
await b.close();
