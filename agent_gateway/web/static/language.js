// Chinese first; English by the switch in the bar.

const TEXTS = {
  skip: ["跳到主要内容", "Skip to the main content"],
  seat: ["坐席登录", "Agent log-in"],
  username: ["用户名", "User name"],
  password: ["密码", "Password"],
  log_in: ["登录", "Log in"],
  log_out: ["注销", "Log out"],
  state_group: ["坐席状态", "Agent state"],
  ready: ["就绪", "Ready"],
  break: ["小休", "Break"],
  logged_out: ["退出队列", "Leave queue"],
  break_reason: ["小休原因", "Reason of the break"],
  state_logged_out: ["未登录队列", "Not in the queue"],
  state_ready: ["就绪", "Ready"],
  state_ringing: ["振铃", "Ringing"],
  state_talking: ["通话中", "Talking"],
  state_wrap_up: ["话后处理", "Wrap-up"],
  state_break: ["小休", "Break"],
  call: ["来电", "Call"],
  transcript: ["实时转写", "Live transcript"],
  delayed: ["转写延迟", "Words are late by"],
  seconds: ["秒", "s"],
  ticket: ["工单", "Ticket"],
  last_calls: ["最近通话", "Last calls"],
  time: ["时间", "Time"],
  line: ["线路", "Line"],
  caller: ["来电号码", "Caller"],
  agent: ["坐席", "Agent"],
  third: ["第三方", "Third party"],
  citizen: ["市民", "Caller"],
  result: ["结果", "Result"],
  talk: ["通话", "Talk"],
  recording: ["录音", "Recording"],
  play: ["播放", "Play"],
  no_call: ["暂无来电", "No call"],
  no_words: ["通话开始后显示转写", "Words appear when the call begins"],
  no_ticket: ["通话开始后自动预填", "Filled in as the call goes on"],
  ringing: ["正在振铃", "Ringing"],
  talking: ["通话中", "Talking"],
  ended: ["已结束", "Ended"],
  withheld: ["号码未显示", "Number withheld"],
  caller_vip: ["重点", "Priority"],
  caller_again: ["重复来电", "Calls again"],
  way: ["来电路径", "Way of the call"],
  history: ["历史来电", "Previous calls"],
  open_tickets: ["未办结工单", "Open tickets"],
  none: ["无", "None"],
  looking_up: ["查询中…", "Looking up…"],
  submit: ["提交工单", "Submit ticket"],
  submitted: ["已提交", "Submitted"],
  touched: ["人工填写", "by hand"],
  confidence: ["置信度", "sure"],
  transfer: ["转接", "Transfer"],
  emergency_lines: ["紧急热线", "Emergency lines"],
  transfer_target: ["转接目标", "Target"],
  transfer_search: ["查找转接目标", "Find a target"],
  topics: ["热点一键转", "Topics of the day"],
  until: ["至", "until"],
  emergency_place: ["事发地点（随紧急转接告知）", "Place of the emergency"],
  read_aloud: ["请读给对方：", "Read aloud:"],
  place: ["地点", "place"],
  place_unknown: ["地点未知，请询问来电者", "place unknown, ask the caller"],
  drill: ["演练", "Drill"],
  drill_running: ["【演练】", "[Drill]"],
  closed: ["非工作时间", "closed"],
  kind_blind: ["直接转出", "Blind"],
  kind_consult: ["咨询转接", "Consult first"],
  kind_three_way: ["三方通话", "Three-way"],
  target_leader: ["值班领导", "Leader on duty"],
  target_department: ["部门", "Departments"],
  target_sub_centre: ["分中心", "Sub-centres"],
  target_expert: ["专家座席", "Expert seats"],
  target_hotline: ["其他热线", "Other hotlines"],
  target_utility: ["公用事业", "Utilities"],
  target_agent: ["坐席", "Agents"],
  target_queue: ["队列", "Queues"],
  transfer_reason_outside_hours: ["非工作时间，转备用号码", "closed, its fallback is rung"],
  transfer_consult: ["咨询转接", "Consult first"],
  transfer_invite: ["三方通话", "Three-way"],
  transfer_blind: ["直接转出", "Blind"],
  call_back: ["回电", "Call back"],
  missed_calls: ["待回电", "To be called back"],
  waiting_since: ["等待起", "Waiting since"],
  times: ["次数", "Times"],
  requested: ["要求回电", "Asked for it"],
  yes: ["是", "Yes"],
  note: ["备注", "Note"],
  save: ["登记", "Save"],
  callback_result: ["回电结果", "Result of the call"],
  callback_reached: ["已接通", "Reached"],
  callback_no_answer: ["无人接听", "No answer"],
  callback_busy: ["占线", "Busy"],
  callback_refused: ["拒接", "Refused"],
  callback_wrong_number: ["号码有误（他人接听）", "Wrong number"],
  callback_unknown_number: ["空号", "Unknown number"],
  outward: ["回电", "Call back"],
  step_citizen: ["呼叫市民", "Citizen"],
  step_picked_up: ["坐席摘机", "Agent picked up"],
  disposition_not_reached: ["未接通", "Not reached"],
  to_survey: ["转评价", "To the survey"],
  ivr_agent_left: ["坐席挂机", "Agent left"],
  ivr_survey: ["评价", "Survey"],
  step_survey: ["评价", "Rated"],
  transfer_merge: ["合并通话", "Merge"],
  transfer_complete: ["退出，由对方继续", "Leave them talking"],
  transfer_abort: ["取消，回到来电者", "Back to the caller"],
  transfer_together: ["与来电者通话", "With the caller"],
  transfer_blind_ringing: ["已转出，目标振铃", "Handed on, target rings"],
  transfer_consult_ringing: ["来电者听音乐，目标振铃", "Caller hears music, target rings"],
  transfer_consulting: ["咨询中，来电者听音乐", "Consulting, caller hears music"],
  transfer_three_way_ringing: ["目标振铃", "Target rings"],
  transfer_three_way: ["三方通话中", "Three-way"],
  transfer_handed_over: ["已转出", "Handed over"],
  transfer_returned: ["来电者已回到队列", "Caller is back in the queue"],
  transfer_reason_busy: ["对方忙", "busy"],
  transfer_reason_no_answer: ["无人接听", "no answer"],
  transfer_reason_refused: ["对方拒接", "refused"],
  transfer_reason_unknown_number: ["空号", "no such number"],
  transfer_reason_unreachable: ["无法接通", "cannot be reached"],
  link_down: ["电话系统连接中断，通话不受影响", "Link to the telephone system is down; calls go on"],
  offline: ["与服务器的连接中断，正在重连…", "Connection lost, reconnecting…"],
  failed: ["操作失败，请重试", "That failed; try again"],
  seconds: ["秒", " s"],
  ivr_greeting: ["问候语", "Greeting"],
  ivr_language: ["语言", "Language"],
  ivr_menu: ["菜单", "Menu"],
  ivr_info: ["信息播报", "Information"],
  ivr_queue: ["转人工", "To the agents"],
  ivr_ticket_progress: ["查询工单进度", "Ticket progress"],
  ivr_unknown_number: ["未知被叫号码", "Unknown dialled number"],
  ivr_priority: ["优先", "Put forward"],
  ivr_blocked: ["限制来电", "Blocked"],
  ivr_waiting_key: ["等待中按键", "Key while waiting"],
  step_key: ["按键", "Key"],
  step_queued: ["排队", "Queued"],
  step_left_queue: ["离开排队", "Left queue"],
  step_answered: ["接听", "Answered"],
  advice: ["参考", "Advice"],
  suggested_department: ["建议转办：", "Suggested department:"],
  probable_duplicates: ["可能重复的工单", "Probable duplicates"],
  like_caller: ["同一号码", "same number"],
  like_category: ["同类事项", "same matter"],
  like_district: ["同一区县", "same district"],
  like_address: ["地点相近", "same place"],
  like_target: ["对象相同", "same party"],
  quality: ["质检提示", "Quality hints"],
  quality_forbidden: ["服务忌语", "Forbidden words"],
  quality_greeting: ["缺少开头语", "No greeting"],
  quality_interruption: ["抢话", "Interruption"],
  quality_silence: ["长时间静默", "Long silence"],
  step_alarm: ["疑似紧急情况", "Possible emergency"],
  alarm: ["疑似紧急情况，请立即转接", "Possible emergency, connect at once"],
  alarm_urgent: ["疑似紧急，可转接", "Urgent, may be connected"],
  disposition_in_progress: ["进行中", "In progress"],
  disposition_answered: ["已接听", "Answered"],
  disposition_abandoned_in_ivr: ["语音中挂断", "Abandoned in IVR"],
  disposition_abandoned_in_queue: ["排队中挂断", "Abandoned in queue"],
  disposition_abandoned_ringing: ["振铃中挂断", "Abandoned while ringing"],
  disposition_no_answer: ["无人接听", "No answer"],
  disposition_announced: ["停用号码播报", "Told of the retired number"],
  disposition_vacant: ["停用号码空号", "Retired number, released"],
  disposition_handed_on: ["已转办公电话或分中心", "Taken by the office or centre"],
  disposition_blocked: ["限制来电", "Blocked number"],
  disposition_voicemail: ["留言", "Left a message"],
  disposition_callback_requested: ["要求回电", "Asked to be called back"],
  disposition_emergency: ["已接通紧急热线", "Emergency line"],
  disposition_completed_in_ivr: ["语音完成", "Completed in IVR"],
  disposition_failed: ["失败", "Failed"],
  field_request_type: ["诉求类型", "Kind of request"],
  field_category: ["事项分类", "Category"],
  field_line: ["业务线路", "Line"],
  field_department: ["承办单位", "Department"],
  field_caller_name: ["姓名", "Name"],
  field_caller_title: ["称谓", "Title"],
  field_callback_phone: ["回访电话", "Call-back"],
  field_district: ["区县", "District"],
  field_address: ["地址", "Address"],
  field_occurred_on: ["发生日期", "Date"],
  field_target: ["诉求对象", "Target"],
  field_confidential: ["要求保密", "Confidential"],
  field_urgency: ["紧急程度", "Urgency"],
  field_emergency_line: ["转接紧急热线", "Emergency line"],
  field_accepted: ["予以受理", "Accepted"],
  field_reject_reason: ["不受理原因", "Reason of refusal"],
  field_summary: ["诉求内容", "What it is about"],
  value_true: ["是", "Yes"],
  value_false: ["否", "No"],
  value_consultation: ["咨询", "Consultation"],
  value_help: ["求助", "Help"],
  value_complaint: ["投诉", "Complaint"],
  value_report: ["举报", "Report"],
  value_suggestion: ["建议", "Suggestion"],
  value_praise: ["表扬", "Praise"],
  value_normal: ["一般", "Normal"],
  value_urgent: ["紧急", "Urgent"],
  value_emergency: ["突发", "Emergency"],
};

const KEY = "hotline.language";
let english = localStorage.getItem(KEY) === "en";

/** The text of that name; an unknown name is shown as it is. */
export const text = (name) => (TEXTS[name] ? TEXTS[name][english ? 1 : 0] : name);

/** The Chinese or the English message of an error of the service. */
export const errorText = (error) => (english ? error.message_en : error.message);

/** Write the texts of the page's fixed parts. */
export function translatePage() {
  document.documentElement.lang = english ? "en" : "zh-CN";
  for (const element of document.querySelectorAll("[data-text]")) {
    element.textContent = text(element.dataset.text);
  }
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", text(element.dataset.label));
  }
  const other = document.getElementById("language");
  other.textContent = english ? "中文" : "English";
  other.lang = english ? "zh-CN" : "en";
}

/** Change to the other language. */
export function switchLanguage() {
  english = !english;
  localStorage.setItem(KEY, english ? "en" : "zh");
  translatePage();
}

/** A time of today as a clock, an older one with its date. */
export function clock(iso) {
  const time = new Date(iso);
  const today = time.toDateString() === new Date().toDateString();
  const options = { hour: "2-digit", minute: "2-digit", second: "2-digit" };
  if (!today) Object.assign(options, { month: "2-digit", day: "2-digit" });
  return time.toLocaleString(english ? "en-GB" : "zh-CN", { ...options, hour12: false });
}

/** Seconds as m:ss. */
export function minutes(seconds) {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
